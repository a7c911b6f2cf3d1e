"""The end of a packaged program whose bootloader and terminal are gone."""

import os
import shutil
import threading

import pytest

from app.core import frozen


def test_nothing_ends_the_program_while_its_files_are_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    done: list[str] = []

    def slow(path: str, ignore_errors: bool) -> None:
        begun.set()
        assert goes_on.wait(10)
        done.append("removed")

    monkeypatch.setattr(shutil, "rmtree", slow)
    monkeypatch.setattr(os, "_exit", lambda code: done.append("ended"))
    monkeypatch.setattr(frozen, "_leaving", threading.Lock())
    first = threading.Thread(target=frozen._leave, args=("unpacked",))
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=frozen._leave, args=("unpacked",))
    second.start()
    second.join(1)
    assert done == [] and not second.is_alive()
    goes_on.set()
    first.join(10)
    assert done == ["removed", "ended"]
