"""The shards of a bot that one process holds: Discord's own parts of its servers."""

import re
from dataclasses import dataclass

from app.core.errors import UsageError

_TEXT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?/(\d{1,5})")


@dataclass(frozen=True)
class Shards:
    """Some shards in a row, of so many; without `--shards` the one that has all."""

    first: int = 0
    last: int = 0
    count: int = 1

    def __str__(self) -> str:
        last = "" if self.first == self.last else f"-{self.last}"
        return f"{self.first}{last}/{self.count}"

    @property
    def numbers(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def are_all(self) -> bool:
        """True in a home that shares its servers with no other process."""
        return self.count == 1

    @property
    def lead(self) -> bool:
        """True where the work is done that is done once, and direct messages come."""
        return self.first == 0

    def hold(self, server: str | int | None) -> bool:
        """Tell if they hold a server, by Discord's id; one of files has none."""
        return self.are_all or self.number_of(server) in self.numbers

    def number_of(self, server: str | int | None) -> int:
        """Return the shard that holds a server, by Discord's rule."""
        return (int(server or 0) >> 22) % self.count


ALL = Shards()


def parse(text: str) -> Shards:
    """Read shards as a person wrote them, such as `0-3/16`.

    Raises:
        UsageError: If they are none.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is not None:
        first, last, count = (int(one or found[1]) for one in found.groups())
        if first <= last < count and count > 1:
            return Shards(first, last, count)
    raise UsageError(
        f"{text!r} names no shards.",
        "Write the first and the last of all, counted from 0, like 0-3/16.",
    )
