"""Whose messages files hold: one server, one voice, whatever it is called."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.core.errors import UsageError
from app.core.names import named_path, wire_name
from app.core.paths import Home
from app.importers.registry import KEYS
from app.ipc import control
from app.service.service import Service, open_service
from app.store import guilds, messages
from tests.asking import ask

pytestmark = pytest.mark.process

ROOK, OTHER = "500000000000000001", "500000000000000002"


def export(path: Path, guild: tuple[str, str], text: str, **channel: str) -> Path:
    """Write an export of one message, as DiscordChatExporter does."""
    author = {"id": "77", "name": "ann", "isBot": False}
    message = {"id": f"8{len(text):017}", "type": "Default", "content": text}
    message |= {"timestamp": "2025-03-01T19:08:25.726+00:00"}
    place = {"id": "62", "type": "GuildTextChat", "name": "general"} | channel
    tree: dict[str, Any] = {"guild": {"id": guild[0], "name": guild[1]}}
    tree |= {"channel": place, "messages": [message | {"author": author}]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tree))
    return path


def table(path: Path, text: str) -> Path:
    """Write a CSV export of one message."""
    head = "AuthorID,Author,Date,Content,Attachments,Reactions\n"
    path.write_text(f'{head}"1","ada","2024-05-01T10:00:00.0000000+00:00","{text}"\n')
    return path


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    home = Home(tmp_path / "home").create()
    async with open_service(home, Random(3)) as opened:
        yield opened


async def learn(service: Service, guild: str, *paths: Path) -> control.ImportReply:
    return await ask(service, control.Import(guild, [str(path) for path in paths]))


async def known(service: Service) -> dict[str, list[str]]:
    """The texts of each server."""
    run = service.context.database.run
    return {
        guild.name: [one.text for one in await run(messages.page, guild.id, limit=9)]
        for guild in await run(guilds.every)
    }


async def test_direct_messages_are_never_learned(service: Service, tmp_path: Path):
    folder = tmp_path / "all"
    export(folder / "1.json", (ROOK, "Rook Club"), "the knight fork")
    export(folder / "2.json", ("0", "Direct Messages"), "a secret between two")
    direct = export(
        folder / "3.json", (ROOK, "Rook Club"), "another secret", type="DirectTextChat"
    )
    csv = table(folder / "Direct Messages - Private - bo [6].csv", "a third secret")
    reply = await learn(service, "Srv", folder)
    assert await known(service) == {"Srv": ["the knight fork"]}
    (private,) = reply.passed_over
    assert (private.reason, private.count) == ("private messages", 3)
    for alone in (direct, csv):
        reply = await learn(service, "Talk", alone)
        assert (reply.read, reply.passed_over[0].count) == (0, 1)
    assert list(await known(service)) == ["Srv"], "no row stays of what was not learned"


async def test_two_servers_in_one_folder_are_a_question(
    service: Service, tmp_path: Path
):
    folder = tmp_path / "all"
    export(folder / "1.json", (ROOK, "Rook Club"), "the knight fork")
    export(folder / "2.json", (OTHER, "Other Place"), "hello there")
    with pytest.raises(UsageError, match="2 servers, none of them Srv") as caught:
        await learn(service, "Srv", folder)
    assert "Other Place" in caught.value.hint and "Rook Club" in caught.value.hint
    assert await known(service) == {}
    reply = await learn(service, "rook club", folder)
    assert "another server (Other Place)" in reply.passed_over[0].reason
    assert await known(service) == {"rook club": ["the knight fork"]}


async def test_a_second_server_never_joins_the_voice_of_a_first(
    service: Service, tmp_path: Path
):
    one = export(tmp_path / "1.json", (ROOK, "Rook Club"), "the knight fork")
    two = export(tmp_path / "2.json", (OTHER, "Other Place"), "hello there")
    await learn(service, "Srv", one)
    with pytest.raises(UsageError, match="from Other Place, not from Srv"):
        await learn(service, "Srv", two)
    with pytest.raises(UsageError, match="from Srv, which Mynah already knows"):
        await learn(service, "Again", one)
    assert await known(service) == {"Srv": ["the knight fork"]}


async def test_two_servers_that_only_have_names_are_kept_apart(
    service: Service, tmp_path: Path
):
    one = table(tmp_path / "Rook Club - Text - general [61].csv", "the knight fork")
    two = table(tmp_path / "Other - Text - lobby [62].csv", "hello there")
    with pytest.raises(UsageError, match="2 servers"):
        await learn(service, "Srv", one, two)
    await learn(service, "Srv", one)
    with pytest.raises(UsageError, match="from Other, not from Srv"):
        await learn(service, "Srv", two)


@pytest.mark.parametrize("called", ["rook club", "ROOK CLUB", "Srv", ROOK])
async def test_discord_takes_over_what_files_say_is_its_server(
    service: Service, tmp_path: Path, called: str
):
    await learn(
        service, called, export(tmp_path / "1.json", (ROOK, "Rook Club"), "a fork")
    )
    run = service.context.database.run
    joined = await run(guilds.ensure, "Rook Club", ROOK)
    assert await known(service) == {"Rook Club": ["a fork"]}
    assert (await run(guilds.ensure, "Rook Club II", OTHER)).id != joined.id


async def test_discord_takes_over_a_name_in_any_case(service: Service, tmp_path: Path):
    await learn(service, "rook club", table(tmp_path / "a.csv", "a fork"))
    await service.context.database.run(guilds.ensure, "Rook Club", ROOK)
    assert await known(service) == {"Rook Club": ["a fork"]}


async def test_a_server_of_the_same_name_takes_over_nothing(
    service: Service, tmp_path: Path
):
    path = export(tmp_path / "1.json", (ROOK, "Rook Club"), "a fork")
    await learn(service, "Rook Club", path)
    run = service.context.database.run
    other = await run(guilds.ensure, "Rook Club", OTHER)
    assert await run(messages.count, other.id) == 0


async def test_a_number_never_names_a_new_server(service: Service, tmp_path: Path):
    text = tmp_path / "a.txt"
    text.write_text("hello there\nhow are you\n")
    path = export(tmp_path / "1.json", (ROOK, "Rook Club"), "a fork")
    for number in ("5", OTHER):
        for file in (text, path):
            with pytest.raises(UsageError, match=f"no server {number}"):
                await learn(service, number, file)
    assert await known(service) == {}
    await learn(service, ROOK, path)
    assert list(await known(service)) == ["Rook Club"]


async def test_a_refused_import_leaves_no_server_behind(
    service: Service, tmp_path: Path
):
    empty = tmp_path / "empty.json"
    empty.touch()
    page = tmp_path / "page.html"
    page.write_text("<html><body>hello</body></html>")
    head = tmp_path / "head.csv"
    head.write_text("AuthorID,Author,Date,Content\n")
    for path in (empty, page, head):
        reply = await learn(service, "Srv", path)
        assert reply.read == 0 and (reply.errors or reply.notes)
    with pytest.raises(UsageError, match="needs a name"):
        await learn(service, " ", export(tmp_path / "1.json", (ROOK, "R"), "x"))
    assert await known(service) == {}


async def test_a_package_and_an_export_are_learned_in_one_command(
    service: Service, tmp_path: Path
):
    folder = tmp_path / "package" / "Messages" / "c11"
    folder.mkdir(parents=True)
    guild = {"id": ROOK, "name": "Rook Club"}
    channel = {"id": "11", "type": "GUILD_TEXT", "name": "general", "guild": guild}
    (folder / "channel.json").write_text(json.dumps(channel))
    row = {"ID": 101, "Timestamp": "2024-05-01 10:00:00", "Contents": "lovely"}
    (folder / "messages.json").write_text(json.dumps([row]))
    path = export(tmp_path / "1.json", (ROOK, "Rook Club"), "a fork")
    reply = await learn(service, "Rook Club", tmp_path / "package", path)
    assert (reply.added, reply.passed_over[0].reason) == (
        2,
        "other parts of the export",
    )


async def test_a_dry_run_tells_all_and_stores_nothing(service: Service, tmp_path: Path):
    folder = tmp_path / "all"
    export(folder / "1.json", (ROOK, "Rook Club"), "the knight fork")
    export(folder / "2.json", (OTHER, "Other Place"), "hello there")
    export(folder / "3.json", ("0", "Direct Messages"), "a secret")
    (folder / "1.json_Files").mkdir()
    (folder / "1.json_Files" / "message.txt").write_text("an attachment")
    (folder / "bad.json").write_text('{"guild": {"id"')
    found = await ask(service, control.ImportPreview("", [str(folder)]))
    other, rook = sorted(found.servers, key=lambda one: str(one.name))
    assert (other.name, rook.id, rook.messages) == ("Other Place", ROOK, 1)
    assert [(one.text, one.count) for one in rook.channels] == [("general", 1)]
    assert rook.first == rook.last == 1740856105.726
    reasons = {one.reason: one.count for one in found.passed_over}
    assert reasons == {"attachments and pictures": 1, "private messages": 1}
    assert [error.file for error in found.errors] == [str(folder / "bad.json")]
    one = await ask(service, control.ImportPreview("Rook Club", [str(folder)]))
    assert [server.name for server in one.servers] == ["Rook Club"]
    assert await known(service) == {}


async def test_a_dry_run_leaves_out_what_the_import_would(
    service: Service, tmp_path: Path
):
    path = tmp_path / "rows.jsonl"
    rows = [{"text": "a fork"}, {"text": "x" * 20_001}, {"text": "pin", "system": True}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = await ask(service, control.ImportPreview("Srv", [str(path)]))
    (server,) = found.servers
    assert server.in_words() == "1 channel, 1 message"
    assert found.reasons == {"too long": 1, "system": 1}
    reply = await ask(service, control.Import("Srv", [str(path)]))
    assert (reply.added, reply.reasons) == (1, found.reasons)


@pytest.mark.posix_only("names of files are text on Windows")
async def test_a_path_of_odd_bytes_reaches_the_job(service: Service, tmp_path: Path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    path = Path(os.fsdecode(folder + b"/caf\xe9 [1].json"))
    export(path, (ROOK, "Rook Club"), "a fork")
    assert named_path(wire_name(path)) == path
    reply = await ask(service, control.Import("Srv", [wire_name(path)]))
    assert (
        reply.added == 1
        and reply.files[0].file == "caf\N{REPLACEMENT CHARACTER} [1].json"
    )


def test_the_command_line_knows_every_format():
    from app.cli.import_ import FORMATS

    assert FORMATS == KEYS
