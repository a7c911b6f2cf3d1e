"""A format is asked only about files that begin as its files do."""

from pathlib import Path

import pytest

from app.importers.head import Head
from app.importers.registry import IMPORTERS
from app.importers.sources import DiskFile

RULE = "=" * 62
STARTS = {
    "jsonl": '{"text": "hi"}\n',
    "telegram": '{"name": "den", "type": "private", "id": 1, "messages": [{"id": 1}]}',
    "matrix": '{"room_name": "den", "messages": [{"event_id": "1", "sender": "a"}]}',
    "slack": '[{"type": "message", "user": "U1", "ts": "1.0", "text": "hi"}]',
    "tracker-text": '{"meta": {"users": {}, "servers": [], "channels": {}}}',
    "package": '[{"ID": 1, "Contents": "hi"}]',
    "dce": '{"guild": {}, "channel": {}, "messages": [{"content": "a", "author": {}}]}',
    "training": '[{"message": "hi"}]',
    "package-csv": "ID,Timestamp,Contents,Attachments\n1,2,hi,\n",
    "csv": "AuthorID,Author,Date,Content\n1,ada,2024-05-01,hi\n",
    "dce-html": '<!DOCTYPE html><div class="chatlog__message">hi</div>',
    "dce-text": f"{RULE}\nGuild: den\nChannel: hall\n{RULE}\n",
    "whatsapp": "01/05/24, 10:00 - Ada: hi\n01/05/24, 10:01 - Bo: ho\n",
    "irc": "[10:00] <ada> hi\n[10:01] <bo> ho\n",
    "text": "this is what people say\nand this is what they answer\n",
}
BEFORE = {
    "nothing": "",
    "a byte order mark": "\ufeff",
    "a blank line": "\n",
    "blanks": "  ",
}


def head_of(path: Path, text: str) -> Head:
    path.write_text(text, encoding="utf-8")
    return Head(DiskFile(path))


@pytest.mark.parametrize("key", STARTS)
@pytest.mark.parametrize("before", BEFORE)
def test_no_format_is_passed_by_that_would_know_the_file(
    tmp_path: Path, key: str, before: str
) -> None:
    head = head_of(tmp_path / "file", BEFORE[before] + STARTS[key])
    knowing = [one.key for one in IMPORTERS if one.matches(head)]
    assert [one.key for one in IMPORTERS if one.is_of(head)] == knowing
    if before == "nothing":
        assert knowing[0] == key


def test_a_plain_text_is_no_matter_of_formats_for_programs(tmp_path: Path) -> None:
    head = head_of(tmp_path / "file", STARTS["text"])
    asked = [one.key for one in IMPORTERS if not one.begins or one.is_of(head)]
    assert asked == ["csv", "whatsapp", "irc", "text"]
