"""Turns token bytes into presentable text: whole characters, stop strings."""

import codecs
from collections.abc import Sequence


class StreamText:
    """The growing text of one generation."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._shown: list[str] = []
        self._line = 0
        self.is_stopped = False
        """True after a stop string; later text is dropped."""

    @property
    def text(self) -> str:
        """All the text that may be shown so far."""
        return "".join(self._shown)

    @property
    def size(self) -> int:
        """The number of characters so far, those held back included."""
        return sum(map(len, self._shown)) + len(self._held)

    @property
    def line(self) -> str:
        """The part of it in the current line."""
        return "".join(self._shown[self._line :])

    def begin_line(self) -> str:
        """Continue after a stop in a new line; return what may be shown."""
        shown = f"{self.finish()}\n"
        self.is_stopped = False
        self._decoder.reset()
        self._held = ""
        self._shown.append("\n")
        self._line = len(self._shown)
        return shown

    def feed(self, piece: bytes) -> str:
        """Take a token's bytes; return the text that may now be shown.

        It holds back the bytes of an unfinished character, and text that may be the
        start of a stop string.
        """
        if self.is_stopped:
            return ""
        self._held += self._decoder.decode(piece)
        found = [place for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if found:
            self.is_stopped = True
            return self._show(min(found))
        return self._show(len(self._held) - self._undecided())

    def finish(self) -> str:
        """End the text; return what was held back."""
        if self.is_stopped:
            return ""
        self._held += self._decoder.decode(b"", final=True)
        return self._show(len(self._held))

    def _show(self, count: int) -> str:
        shown, self._held = self._held[:count], self._held[count:]
        self._shown.append(shown)
        return shown

    def _undecided(self) -> int:
        """Return the length of an ending that begins a stop string."""
        longest = 0
        for stop in self._stops:
            for size in range(min(len(stop) - 1, len(self._held)), longest, -1):
                if self._held.endswith(stop[:size]):
                    longest = size
                    break
        return longest
