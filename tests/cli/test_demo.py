"""The demonstration as a person without a terminal sees it, in a real process."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.cli.demo import GUILDS, LINES
from app.core.paths import CHAT_SAMPLE, SAMPLE_GUILD, SAMPLES, Home, own_command
from app.settings.speech_sections import FIXED_MODES

REFUSED = ", by the chain"
"""A line of the model that only echoes or repeats is not shown."""

pytestmark = [pytest.mark.process, pytest.mark.model]


@pytest.fixture
def stocked(home: Home, starter_model: Path) -> Home:
    """A home that has the starter model, as after a fetch."""
    home.models.mkdir()
    shutil.copy(starter_model, home.models / "starter.gguf")
    return home


def run(*arguments: str) -> str:
    result = subprocess.run(
        [*own_command(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_without_a_terminal_three_lines_are_answered_in_three_modes(stocked: Home):
    shown = run()
    lines = LINES[SAMPLE_GUILD]
    for line in lines:
        assert line in shown
    for mode in FIXED_MODES:
        rows = [row for row in shown.splitlines() if row.startswith(mode)]
        assert len(rows) == len(lines)
        assert all(row.removesuffix(REFUSED).endswith(" ms") for row in rows), rows
        assert any(not row.endswith(REFUSED) for row in rows), rows
    assert "\x1b" not in shown


def test_the_second_demonstration_learns_nothing_again(stocked: Home):
    assert "Learning the sample server" in run("demo")
    assert "Learning the sample server" not in run("demo")


def test_the_sample_that_is_named_answers(stocked: Home):
    assert set(LINES) == set(GUILDS.values()) == set(SAMPLES)
    shown = run("demo", "chat")
    assert f"Learning the sample server, {CHAT_SAMPLE}" in shown
    assert all(line in shown for line in LINES[CHAT_SAMPLE])


def test_machines_read_a_reply_a_line(stocked: Home):
    replies = [json.loads(line) for line in run("demo", "--json").splitlines()]
    assert [reply["mode"] for reply in replies] == list(FIXED_MODES) * len(
        LINES[SAMPLE_GUILD]
    )
    assert {reply["provider"] for reply in replies} == {"markov", "local"}
