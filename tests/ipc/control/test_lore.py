"""Requests about lorebooks."""

from app.ipc.control import lore
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(lore.LORE_REQUESTS)


def test_an_entry_without_words_is_brought_up_by_meaning() -> None:
    sent = {"guild": "den", "name": "Rules", "text": "No spam."}
    assert build(lore.LoreAdd, sent).words == []


def test_screens_that_watch_may_read_and_nothing_else() -> None:
    assert lore.Lore.only_reads and lore.LoreShow.only_reads
    assert not lore.LoreAdd.only_reads and not lore.LoreRemove.only_reads
