"""Writes assets/screens, pictures and list of keys: `python -m tests.tui.gallery`.

With `--sizes FOLDER` it writes every state, at each size, there instead.
"""

import argparse
import asyncio
import os
import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TZ"] = "UTC"

from app.core.paths import Home
from tests.tui.key_table import list_of_keys
from tests.tui.pictures import PICTURES, Picture, application, bring_up
from tests.tui.sample_home import make_home

TARGET = Path(__file__).parents[2] / "assets" / "screens"


SIZES = ((80, 24), (120, 35), (200, 60))


async def picture_of(picture: Picture, filled: Home, empty: Path) -> str:
    """The picture as SVG."""
    app = application(picture, filled, empty)
    async with app.run_test(size=picture.size) as pilot:
        await bring_up(picture, pilot)
        return without_web_fonts(app.export_screenshot(title="mynah"))


def without_web_fonts(svg: str) -> str:
    """The picture with fonts of the reader's own, so that it loads nothing."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "Fira Code, DejaVu Sans Mono, monospace")


def write(pictures: list[Picture], target: Path) -> None:
    """Write these pictures into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        filled = make_home(scratch / "filled")
        for picture in pictures:
            svg = asyncio.run(picture_of(picture, filled, scratch / picture.name))
            (target / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
            print(picture.name)


def main() -> None:
    """Write the pictures of the gallery, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sizes", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    time.tzset()
    names = options.names
    wanted = [one for one in PICTURES if one.name in names or not names]
    if options.sizes:
        sized = [
            replace(one, size=(width, height), name=f"{one.name}-{width}x{height}")
            for one in wanted
            for width, height in SIZES
        ]
        write(sized, options.sizes)
        return
    write([one for one in wanted if names or one.is_in_gallery], TARGET)
    (TARGET / "keys.md").write_text(list_of_keys(), encoding="utf-8")


if __name__ == "__main__":
    main()
