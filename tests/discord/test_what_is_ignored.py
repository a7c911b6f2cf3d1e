"""The architecture page names every event and right of Discord, with a reason."""

import inspect
import re
from pathlib import Path

import discord
import pytest
from discord.state import ConnectionState

from app.core.invite_link import RIGHTS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "app" / "README.md").read_text(encoding="utf-8")
START = PAGE.index("## Events and rights of Discord")
SECTION = PAGE[START : PAGE.index("\n## ", START)]

EVENTS = {
    name.removeprefix("parse_").upper()
    for name, _ in inspect.getmembers(ConnectionState)
    if name.startswith("parse_")
}
"""Every event of the gateway that py-cord knows."""

FOLLOWED = dict(
    re.findall(r"^\| `([A-Z_]+)` \| (`\w+` in `[\w./]+`) \|", SECTION, re.MULTILINE)
)


def ignored(heading: str) -> list[str]:
    """The names in the table below a heading; each row has its reason."""
    table = SECTION.split(f"| {heading} | because |\n|---|---|\n")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    assert len(rows) == len(table.splitlines()), "a row without a reason"
    return [name for names, _ in rows for name in re.findall(r"`(\w+)`", names)]


def test_every_event_is_followed_or_ignored_for_a_reason() -> None:
    named = [*FOLLOWED, *ignored("ignored event")]
    assert len(named) == len(set(named))
    assert set(named) == EVENTS


@pytest.mark.parametrize("event", FOLLOWED)
def test_a_followed_event_has_its_listener(event: str) -> None:
    listener, file = re.findall(r"`([\w./]+)`", FOLLOWED[event])
    assert f"async def {listener}(" in (ROOT / file).read_text(encoding="utf-8")


def test_an_ignored_event_has_no_listener() -> None:
    files = (ROOT / "app" / "discord").rglob("*.py")
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    listeners = set(re.findall(r"async def (on_\w+)\(", code))
    for event in ignored("ignored event"):
        assert not {f"on_{event.lower()}", f"on_raw_{event.lower()}"} & listeners


def test_every_right_is_used_or_ignored_for_a_reason() -> None:
    used = re.search(r"where a\s+server gives them: (.+?)\.\n", SECTION, re.DOTALL)
    assert used is not None
    given = re.findall(r"`(\w+)`", used[1])
    flags = {bit: name for name, bit in sorted(discord.Permissions.VALID_FLAGS.items())}
    named = [*RIGHTS, *given, *ignored("ignored right")]
    assert len(named) == len(set(named))
    bits = [discord.Permissions.VALID_FLAGS[name] for name in named]
    assert sorted(bits) == sorted(flags)
