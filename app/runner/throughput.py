"""Measures how fast this machine reads prompts and writes tokens during work."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

KEPT_CALLS = {"prompt": 24, "decode": 60}
"""The number of decode calls that show the speed."""

LATEST = 4
"""The newest one in so many tell it too: the slower of both counts, since a machine
that became busy is seen at once and one that became free can wait."""

LEAST_READ = 8
"""The fewest tokens of a call that show how fast prompts are read."""

LOST = 0.7
"""The share of the idle speed that more threads must reach."""

SLOW_CALLS = 2
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
"""Seconds with fewer threads before more are tried again."""


class DecodeCall(NamedTuple):
    """The work of one decode call."""

    read: int
    """Tokens of prompts."""
    written: int
    """Tokens of answers."""
    seconds: float


class SpeedMeter:
    """Tokens per second, as a cautious estimate."""

    def __init__(self, calls: int) -> None:
        self._calls: deque[tuple[int, float]] = deque(maxlen=calls)
        self.rate = 0.0
        """The tokens per second; 0 before any measurement."""

    def add(self, tokens: int, seconds: float) -> None:
        """Note the time that so many tokens took."""
        if seconds > 0:
            self._calls.append((tokens, seconds))
            calls = [*self._calls]
            latest = calls[-max(len(calls) // LATEST, 1) :]
            self.rate = min(_rate(calls), _rate(latest))


def _rate(calls: Sequence[tuple[int, float]]) -> float:
    return sum(tokens for tokens, _ in calls) / sum(seconds for _, seconds in calls)


class Speeds:
    """The two speeds of a model."""

    def __init__(self) -> None:
        self._prompt = SpeedMeter(KEPT_CALLS["prompt"])
        self._decode = SpeedMeter(KEPT_CALLS["decode"])

    def note(self, call: DecodeCall) -> None:
        """Note one decode call; a mix of both kinds of tokens says little."""
        if call.written == 0 and call.read >= LEAST_READ:
            self._prompt.add(call.read, call.seconds)
        elif call.read == 0 and call.written == 1:
            self._decode.add(1, call.seconds)

    @property
    def prompt(self) -> float:
        """Prompt tokens per second."""
        return self._prompt.rate

    @property
    def decode(self) -> float:
        """Tokens per second of one conversation written alone."""
        return self._decode.rate


class ThreadPace:
    """Finds the number of threads that suits the machine's current load.

    llama.cpp's threads wait for each other at every operation, so a thread that loses
    its core to other work slows all of them down many times.
    """

    def __init__(self, measured: Mapping[int, Speeds]) -> None:
        """`measured` holds the speeds at load, by number of threads."""
        self._measured = measured
        self._best = max(measured, key=lambda threads: measured[threads].prompt)
        self._fewest = min(measured)
        self._slow_calls = 0
        self._pause = FIRST_PAUSE
        self._until = 0.0
        self.threads = self._best
        """The number for the next call."""

    def note(self, call: DecodeCall, now: float) -> int:
        """Take a call into account; return the number of threads for the next one.

        Args:
            now: Seconds of a monotonic clock.
        """
        if self.threads == self._fewest != self._best:
            if now >= self._until:
                self.threads = self._best
        elif self.threads != self._fewest:
            self._watch(call, now)
        return self.threads

    def _watch(self, call: DecodeCall, now: float) -> None:
        alone = self._measured[self._fewest]
        if call.written == 0 and call.read >= LEAST_READ:
            rate, wanted = call.read / max(call.seconds, 1e-9), alone.prompt
        elif call.read == 0 and call.written == 1:
            rate, wanted = 1 / max(call.seconds, 1e-9), alone.decode
        else:
            return
        if rate >= LOST * wanted:
            self._slow_calls = 0
            if now >= self._until + self._pause:
                self._pause = FIRST_PAUSE
            return
        self._slow_calls += 1
        if self._slow_calls >= SLOW_CALLS:
            self._slow_calls = 0
            self._until = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self.threads = self._fewest
