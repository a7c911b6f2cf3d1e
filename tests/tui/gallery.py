"""Writes assets/screens, pictures and list of keys: `python -m tests.tui.gallery`."""

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TZ"] = "UTC"

from app.core.paths import Home
from tests.tui.key_table import list_of_keys
from tests.tui.pictures import PICTURES, application, bring_up
from tests.tui.sample_home import make_home

TARGET = Path(__file__).parents[2] / "assets" / "screens"


async def picture_of(name: str, filled: Home, empty: Path) -> str:
    """The picture of that name, as SVG."""
    picture = next(picture for picture in PICTURES if picture.name == name)
    app = application(picture, filled, empty)
    async with app.run_test(size=picture.size) as pilot:
        await bring_up(picture, pilot)
        return without_web_fonts(app.export_screenshot(title="mynah"))


def without_web_fonts(svg: str) -> str:
    """The picture with fonts of the reader's own, so that it loads nothing."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "Fira Code, DejaVu Sans Mono, monospace")


def main(names: list[str]) -> None:
    """Write the pictures of the gallery, or those that are named."""
    time.tzset()
    TARGET.mkdir(parents=True, exist_ok=True)
    names = names or [picture.name for picture in PICTURES if picture.is_in_gallery]
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        filled = make_home(scratch / "filled")
        for name in names:
            svg = asyncio.run(picture_of(name, filled, scratch / name))
            (TARGET / f"{name}.svg").write_text(svg, encoding="utf-8")
            print(name)
    (TARGET / "keys.md").write_text(list_of_keys(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
