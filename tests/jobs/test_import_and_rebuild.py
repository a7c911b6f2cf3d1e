"""What a job on files tells while it reads them."""

import json
from pathlib import Path

import pytest

from app.core.paths import Home
from app.ipc.control import Progress
from app.ipc.jobs import PreviewJob
from app.jobs import import_and_rebuild
from app.store.database import Database


def test_a_look_at_many_files_is_one_piece_of_work_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # Otherwise its reports come too soon after each other to be passed on.
    monkeypatch.setattr(import_and_rebuild, "REPORT_SECONDS", 0.0)
    folder = tmp_path / "old talks"
    folder.mkdir()
    for name in ("one", "two"):
        line = json.dumps({"id": name, "author": "ann", "text": "well met"})
        (folder / f"{name}.jsonl").write_text(line, "utf-8")
    told: list[Progress] = []
    home = Home(tmp_path / "home").create()
    with Database(home.database) as database:
        job = PreviewJob("", [str(folder)])
        import_and_rebuild.preview(home, database, job, told.append)
    assert {(one.work, one.label) for one in told} == {("preview", "old talks")}
    assert {one.note for one in told} == {"one.jsonl", "two.jsonl"}
    assert told[-1].done == told[-1].total
