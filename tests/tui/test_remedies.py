"""A remedy names a key in the screens, and a command on the command line."""

import re
from pathlib import Path

import pytest

from app.ipc import control
from app.tui.health import model_trouble
from app.tui.remedies import in_keys

ROOT = Path(__file__).parents[2]
# These have no key: the screens show the same by themselves, or cannot do it.
WITHOUT_KEY = {"mynah restore", "mynah bench", "mynah tune", "mynah update"}


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("Fetch: `mynah models pull starter`.", "Fetch: f on Models (6)."),
        ("Enter: `mynah config set openai_key`.", "Enter: k on Models (6)."),
        (
            "Teach it one with `mynah import NAME FILE`, or try `mynah demo`.",
            "Teach it one with i on Learn (5), or try w on Home (1).",
        ),
        (
            'Import them into it with `mynah import "Rook Club" …`.',
            "Import them into it with i on Learn (5).",
        ),
        ("`mynah help models` says more.", "Help (0) says more."),
        ("Set this computer's clock.", "Set this computer's clock."),
    ],
)
def test_a_command_becomes_the_key_that_does_the_same(hint: str, shown: str):
    assert in_keys(hint, {}) == shown


def test_every_command_in_a_remedy_of_the_service_has_a_key_or_a_reason():
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("service", "providers", "modelfiles", "importers")
        for path in (ROOT / "app" / room).rglob("*.py")
    )
    bare = re.findall(r"(?<!`)\bmynah (?:import|models|config|hosts) .*", source)
    assert bare == []
    commands = {found[1] for found in re.finditer(r"`(mynah [^`]+)`", source)}
    assert commands
    left = {one for one in commands if in_keys(f"`{one}`", {}) == f"`{one}`"}
    assert {" ".join(one.split()[:2]) for one in left} <= WITHOUT_KEY


def test_the_state_of_the_model_names_a_key():
    hint = "Fetch it with `mynah models pull starter`."
    status = control.StatusReply(model=control.ModelStatus(state="absent", hint=hint))
    found = model_trouble(status)
    assert found is not None
    assert in_keys(found.remedy, {}) == "Fetch it with f on Models (6)."
