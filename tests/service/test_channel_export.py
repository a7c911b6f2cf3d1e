"""Out again: files that people and other programs read, and that lose nothing."""

import json
from pathlib import Path
from random import Random

import pytest

from app.core.errors import UsageError
from app.core.paths import Home
from app.ipc import control
from app.service.service import Service, open_service
from app.store import guilds, messages
from tests.asking import ask
from tests.service.test_imports import learn

pytestmark = pytest.mark.process

ROWS: list[dict[str, object]] = [
    {"id": "1", "channel": "general", "author": "ann", "text": "héllo <b> & 'x' 🙂"},
    {"id": "2", "channel": "general", "author": "bo", "text": "two\nlines",
     "reply_to": "1"},
    {"id": "3", "channel": "a/b: c", "author": "x", "text": "beep", "bot": True},
    {"id": "4", "channel": "a/b: c", "author": "ann", "text": "||quiet||",
     "attachments": [{"id": "9", "name": "a.png", "url": "https://c.example/a.png"}]},
    {"id": "5", "channel": "a/b: c", "author": "ann", "author_id": "77",
     "text": "  another ann\t\r\n"},
    {"id": "6", "channel": 'q "<b>"', "channel_id": "61", "author": "bo",
     "thread": "talk", "text": "!x y"},
    {"id": "7", "channel": 'q "<b>"', "channel_id": "62", "author": "bo", "text": "",
     "attachments": [{"id": "7", "name": "<x> .png", "url": "https://c.example/q?a=1&b"},
                     {"id": "8", "name": "y.png", "url": "https://c.example/y"}]},
]  # fmt: skip
CHANNELS = 5
GUILD_ID = "500000000000000001"


def written(path: Path) -> Path:
    known = {"guild": "Rook & Club", "guild_id": GUILD_ID}
    rows = [row | known | {"ts": "2024-05-01T10:00:00.123+00:00"} for row in ROWS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


async def stored(service: Service, guild: str) -> set[tuple[object, ...]]:
    run = service.context.database.run
    found = await run(guilds.find, guild)
    assert found is not None
    page = await run(messages.page, found.id, limit=99)
    files = await run(messages.attachments_of, [one.id for one in page])
    channels = {one.id: one for one in await run(guilds.channels, found.id)}
    people = sorted({(one.name, one.author) for one in page})
    assert [name for name, _ in people] == ["ann", "ann", "bo", "x"]
    assert found.known_id == GUILD_ID
    return {
        (one.external, one.name, one.text, one.ts, one.reply_to, one.is_bot,
         one.dropped, channels[one.channel].name,
         channels[one.channel].discord_id,
         *((file.external, file.name, file.url)
           for file in files if file.message_id == one.id))
        for one in page
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["jsonl", "json", "html"])
async def test_a_round_trip_loses_nothing(tmp_path: Path, kind: str) -> None:
    rows = written(tmp_path / "rows.jsonl")
    out = tmp_path / ("out.jsonl" if kind == "jsonl" else "out")
    async with open_service(Home(tmp_path / "one").create(), Random(3)) as service:
        await learn(service, "Rook & Club", rows)
        before = await stored(service, "Rook & Club")
        export = control.Export("Rook & Club", str(out), kind)
        assert (await ask(service, export)).messages == len(ROWS)
        with pytest.raises(UsageError, match="already exists"):
            await ask(service, export)
        again = control.Export("Rook & Club", str(out), kind, overwrite=True)
        assert (await ask(service, again)).messages == len(ROWS)
    async with open_service(Home(tmp_path / "two").create(), Random(3)) as service:
        reply = await learn(service, "Rook & Club", out)
        assert reply.errors == []
        assert await stored(service, "Rook & Club") == before
    if kind != "jsonl":
        assert len(list(out.iterdir())) == CHANNELS


@pytest.mark.parametrize("kind", ["jsonl", "json", "html"])
async def test_messages_without_times_come_back(
    home: Home, tmp_path: Path, kind: str
) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("".join(f"the boat {n} is late again\n" for n in range(30)))
    out = tmp_path / ("out.jsonl" if kind == "jsonl" else "out")
    async with open_service(home, Random(1)) as service:
        await ask(service, control.Import("Den", [str(lines)]))
        await ask(service, control.Export("Den", str(out), kind=kind))
        await ask(service, control.Import("Copy", [str(out)]))
        found = await service.context.database.run(guilds.find, "Copy")
        assert found is not None
        page = await service.context.database.run(messages.page, found.id, limit=99)
        assert sorted(one.text for one in page) == sorted(
            lines.read_text("utf-8").splitlines()
        )
