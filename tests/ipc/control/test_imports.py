"""Requests to learn from files."""

from app.ipc.control import imports
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(imports.IMPORT_REQUESTS)


def test_a_preview_may_look_at_every_server_in_the_files() -> None:
    asked = build(imports.ImportPreview, {"guild": "", "paths": ["a.json"]})
    assert (asked.channel, asked.as_format, asked.dates) == (None, None, None)
