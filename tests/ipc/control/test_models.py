"""Requests about the language models here."""

from app.ipc.control import models
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(models.MODEL_REQUESTS)


def test_a_file_of_the_owners_own_needs_no_figures() -> None:
    told = {
        "name": "/models/mine.gguf", "kind": "llm", "bytes": 9, "ram_gigabytes": None,
        "licence": "", "note": "", "present": True, "used": True, "set_aside": "",
        "fits": None, "tokens_per_second": None,
    }  # fmt: skip
    found = build(models.ModelEntry, told)
    assert (found.ram_gigabytes, found.fits, found.tokens_per_second) == (None,) * 3
