"""The queue for slots: bounded, and fair between guilds."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Generic, TypeVar

from app.core.errors import AppError

T = TypeVar("T")


class Waiting(Generic[T]):
    """A queue where guilds take turns; within a guild, first come, first served."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: dict[str, deque[T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[T]:
        """Return the requests in the order of their turns."""
        rounds = zip_longest(*self._lines.values())
        return (item for turn in rounds for item in turn if item is not None)

    @property
    def by_guild(self) -> dict[str, int]:
        """Return the number of waiting requests of each guild."""
        return {guild: len(line) for guild, line in self._lines.items()}

    def put(self, guild: str, item: T) -> T | None:
        """Join the queue; return a request of the busiest guild dropped for it.

        Raises:
            AppError: If the queue is full and no guild has more requests in it.
        """
        ousted = None
        if len(self) >= self._most:
            loudest = max(self._lines.values(), key=len)
            if len(loudest) <= len(self._lines.get(guild, ())) + 1:
                busy = f"The model is busy: {len(self)} replies are waiting."
                raise AppError(busy, "Ask again in a moment.")
            ousted = loudest.pop()
        self._lines.setdefault(guild, deque()).append(item)
        return ousted

    def first(self) -> T | None:
        """Return the next request, or None."""
        for line in self._lines.values():
            return line[0]
        return None

    def pop(self) -> T:
        """Take out the next request; its guild goes to the end.

        Raises:
            IndexError: If the queue is empty.
        """
        for guild, line in self._lines.items():
            item = line.popleft()
            del self._lines[guild]
            if line:
                self._lines[guild] = line
            return item
        raise IndexError("nobody waits")

    def remove(self, unwanted: Callable[[T], bool]) -> list[T]:
        """Remove and return every request that is no longer wanted."""
        removed: list[T] = []
        for guild, line in list(self._lines.items()):
            removed += filter(unwanted, line)
            kept = deque(item for item in line if not unwanted(item))
            if kept:
                self._lines[guild] = kept
            else:
                del self._lines[guild]
        return removed
