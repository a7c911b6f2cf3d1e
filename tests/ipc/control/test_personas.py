"""Requests about personas."""

from app.ipc.control import personas
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(personas.PERSONA_REQUESTS)


def test_screens_that_watch_may_see_a_persona_and_change_none() -> None:
    assert personas.PersonaShow.only_reads and personas.PersonaCast.only_reads
    assert not personas.PersonaImport.only_reads
    assert not personas.PersonaRemove.only_reads
