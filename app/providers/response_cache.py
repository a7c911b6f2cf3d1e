"""Remembers recent answers, so that a repeat costs nothing."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from app.core.names import GuildId
from app.providers.base import Completion

SAME_SECONDS = 20.0
"""The time within which identical requests without randomness share an answer."""

MOST = 256


class Repeats:
    """The newest answers, by guild and request."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._recent: OrderedDict[str, tuple[float, Completion]] = OrderedDict()

    def known(self, guild: GuildId, asked: object) -> Completion | None:
        """Return the recent answer to the guild's same request, at no cost now."""
        key = _digest(guild, asked)
        at, completion = self._recent.get(key, (-SAME_SECONDS, None))
        if completion is None or self._clock() - at > SAME_SECONDS:
            return None
        note = ("the same request came a moment ago",)
        return replace(completion, cost=0.0, bytes_sent=0, notes=note)

    def remember(self, guild: GuildId, asked: object, completion: Completion) -> None:
        """Store an answer."""
        self._recent[_digest(guild, asked)] = (self._clock(), completion)
        if len(self._recent) > MOST:
            self._recent.popitem(last=False)


def _digest(guild: GuildId, asked: object) -> str:
    return hashlib.sha256(json.dumps([guild, asked]).encode()).hexdigest()
