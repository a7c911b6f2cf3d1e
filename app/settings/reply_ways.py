"""Ways to make a reply, as a person writes them: `llm`, `hybrid 70`."""

import re
from dataclasses import dataclass
from typing import Literal

from app.core.errors import ConfigError

_WAY = re.compile(r"(markov|llm|hybrid)(?:[ @:/]+([0-9]{1,3}))?")


@dataclass(frozen=True)
class ReplyWay:
    """A mode, with the voice dial of hybrid; None is the dial that is set."""

    mode: Literal["markov", "llm", "hybrid"]
    dial: int | None = None


def parse(text: str) -> ReplyWay:
    """The way that a text means.

    Raises:
        ConfigError: If the text does not name one.
    """
    found = _WAY.fullmatch(text.strip().lower())
    dial = int(found[2]) if found and found[2] else None
    if found is None or (dial or 0) > 100:
        raise ConfigError(f"{text!r} is not a mode.", "Write markov, llm or hybrid 70.")
    if found[1] == "hybrid":
        return ReplyWay("hybrid", dial)
    return ReplyWay("markov" if found[1] == "markov" else "llm")


def are_two(ways: list[str]) -> bool:
    """Tell if these are two ways that always differ.

    Raises:
        ConfigError: If one of them is not a way.
    """
    parsed = [parse(way) for way in ways]
    hybrids = [way for way in parsed if way.mode == "hybrid"]
    is_open = len(hybrids) > 1 and None in {way.dial for way in hybrids}
    return len(parsed) == 2 and len({*parsed}) == 2 and not is_open
