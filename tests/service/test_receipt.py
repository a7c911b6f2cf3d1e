"""Forgetting by name and id, and the receipt: a search of every file afterwards."""

import time
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.ipc.jobs import SearchJob, SearchJobReply
from app.jobs import search
from app.service import receipt
from app.service.service import Service
from app.store import guilds, messages
from tests.discord.test_controller import NOBODY

SECRET = "the quizzical platypus left its key under the mat"


async def fill(service: Service) -> GuildId:
    guild = (await service.context.database.run(guilds.ensure, "Harbour")).id
    for number, (author, name) in enumerate((("11", "Ann"), ("12", "Ben"))):
        text = SECRET if name == "Ann" else "nothing of that is known to anybody here"
        line = Record(author, name, text, str(900 + number), 5, None, "general", "7")
        await service.context.voices.hear(guild, [line])
    return guild


async def kept(service: Service, guild: GuildId) -> list[str]:
    page = await service.context.database.run(messages.page, guild)
    return [one.external for one in page]


async def test_a_receipt_says_what_was_searched_and_that_nothing_was_found(
    service: Service,
) -> None:
    await fill(service)
    done = await service.call(
        NOBODY, control.Forget("Harbour", author="11", prove=True)
    )
    proof = done.receipt
    assert proof is not None
    assert done.messages == 1 and proof.texts == 1
    assert proof.files >= 2 and proof.bytes > 10_000
    assert proof.found == []


async def test_a_receipt_names_the_file_that_still_has_a_text(service: Service) -> None:
    home = service.context.home
    await fill(service)
    (home.root / "left-behind.tmp").write_text(f"x {SECRET} x")
    done = await service.call(
        NOBODY, control.Forget("Harbour", author="11", prove=True)
    )
    assert done.receipt and done.receipt.found == ["left-behind.tmp"]


@pytest.mark.parametrize("at_once", [1, 2, 10_000])
async def test_a_text_that_a_message_still_has_is_not_searched_for(
    service: Service, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(receipt, "AT_ONCE", at_once)
    guild = await fill(service)
    texts = [
        "nothing of that is",
        "that is known to anybody",
        "nothing of that is known to anybody here",
        "nothing of that is known to nobody",
        "under the mat\0nothing of that is",
        "100% of that is known",
        "(the quizzical|platypus)",
    ]
    assert await receipt._unsaid(service.context, texts) == {*texts[3:]}
    line = Record("12", "Ben", f"well, {texts[5]} now", "902", 6, None, "general", "7")
    await service.context.voices.hear(guild, [line])
    assert await receipt._unsaid(service.context, texts) == {*texts[3:5], texts[6]}


async def test_an_author_is_forgotten_by_a_unique_name(service: Service) -> None:
    guild = await fill(service)
    done = await service.call(NOBODY, control.Forget("Harbour", author="ann"))
    assert done.messages == 1
    assert await kept(service, guild) == ["901"]


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        (control.Forget("Harbour", author="Anne"), "Ann"),
        (control.Forget("Harbour", ["900", "555"]), "901"),
    ],
)
async def test_what_is_not_found_is_an_error_that_names_what_is_there(
    service: Service, request_: control.Forget, hint: str
) -> None:
    guild = await fill(service)
    with pytest.raises(UsageError, match="Nothing was forgotten") as raised:
        await service.call(NOBODY, request_)
    assert hint in (raised.value.hint or "")
    assert len(await kept(service, guild)) == 2


async def test_a_name_that_several_have_is_an_error(service: Service) -> None:
    guild = await fill(service)
    line = Record("13", "Ann", "another one of that name", "902", 5, None, "g", "7")
    await service.context.voices.hear(guild, [line])
    with pytest.raises(UsageError, match="2 members are named"):
        await service.call(NOBODY, control.Forget("Harbour", author="Ann"))
    assert len(await kept(service, guild)) == 3


def test_texts_that_begin_alike_are_searched_for_as_quickly_as_others(
    tmp_path: Path,
) -> None:
    """A member may write two hundred lines of one letter, and have them forgotten."""
    texts = ["a" * 3_990 + str(number) for number in range(200)]
    (tmp_path / "still.bin").write_bytes(b"x" + texts[-1].encode())
    (tmp_path / "gone.bin").write_bytes(b"a" * 300_000)
    began = time.thread_time()
    found = search.run(SearchJob(texts, []), Home(tmp_path))
    assert time.thread_time() - began < 2
    assert found == SearchJobReply(2, 303_994, ["still.bin"])
