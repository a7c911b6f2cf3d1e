"""Words for people: where a setting's value comes from, and where a model runs."""

from collections.abc import Mapping
from typing import Literal

Origin = Literal["default", "file", "guild", "channel"]

ORIGINS: Mapping[Origin, str] = {
    "default": "built in",
    "file": "config.toml",
    "guild": "this server",
    "channel": "this channel",
}

WATCHING = "These screens only watch."
LEAVE_WATCHING = "Open `mynah` without `watch` to change anything."
"""The refusal of what a screen that only watches asks for."""

Reach = Literal["here", "own", "cloud"]
"""A model's place: this computer, another one of the owner's, or anybody else's."""

HERE = "here"

PLACES: Mapping[str, str] = {
    "here": HERE,
    "own": "your own host",
    "cloud": "in the cloud",
}
"""The words for each `Reach`."""


def many(number: int, noun: str) -> str:
    """Return a number with its noun: `1 reply`, `2,140 replies`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def parameters(number: int) -> str:
    """Return the size of a model as people name it: 135M, 1.2B; empty if unknown."""
    if number >= 1e9:
        return f"{number / 1e9:.1f}B"
    return f"{number / 1e6:.0f}M" if number else ""


def is_host(provider: str) -> bool:
    """Tell if the writer of a reply, or a rung, is a host and not of this program."""
    return provider not in ("local", "markov", "echo", "none", "")
