"""One picture a state; `pytest tests/tui --snapshot-update` takes them anew."""

from pathlib import Path
from typing import Any

import pytest

from app.core.paths import Home
from tests.tui.pictures import PICTURES, Picture, application, bring_up


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_the_screen_looks_as_it_did(
    snap_compare: Any, filled_home: Home, tmp_path: Path, picture: Picture
):
    app = application(picture, filled_home, tmp_path / "home")

    async def before(pilot: Any) -> None:
        await bring_up(picture, pilot)

    assert snap_compare(app, terminal_size=picture.size, run_before=before)
