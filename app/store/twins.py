"""Messages that are stored already under another kind of id.

A format without ids gets ids from its content. The same channel in a format with ids
then has other ones, and only author, time and text tell that a message is the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from peewee import fn

from app.store.database import tuples
from app.store.tables import Message

if TYPE_CHECKING:
    from app.store.messages import NewMessage

MINUTE_MS = 60_000
DIGEST_CHARS = 20
LONG = 12
"""The length from which a text in the same minute is the same without its author."""


class _Twin(NamedTuple):
    row: int
    member: int
    ts: int
    external: str


class Twins:
    """Knows, for one import, what its channels hold under both kinds of ids."""

    def __init__(self) -> None:
        self._kinds: dict[int, set[bool]] = {}
        """Of each channel: whether it has ids of content, and others."""
        self._taken: set[int] = set()

    def find(self, batch: "Sequence[NewMessage]") -> dict[int, int]:
        """Return the rows of those that are stored already, by their place."""
        # Spelled out, since every message of an import passes here.
        end = DIGEST_CHARS + 1
        both = {
            (channel, external[DIGEST_CHARS:end] == "-")
            for channel, _, external, _, _, _, _ in batch
        }
        found: dict[int, int] = {}
        for channel, kind in both:
            if (not kind) in self._kinds_of(channel):
                places = [
                    place
                    for place, one in enumerate(batch)
                    if one.channel == channel and is_of_content(one.external) == kind
                ]
                found |= self._find(channel, kind, places, batch)
        for channel, kind in both:
            self._kinds_of(channel).add(kind)
        return found

    def _kinds_of(self, channel: int) -> set[bool]:
        if channel not in self._kinds:
            # In SQL, as this runs while an import holds the write lock.
            sign = fn.SUBSTR(Message.external, DIGEST_CHARS + 1, 1)
            query = Message.select(sign == "-").where(Message.channel == channel)
            self._kinds[channel] = {bool(one) for (one,) in tuples(query.distinct())}
        return self._kinds[channel]

    def _find(
        self, channel: int, kind: bool, places: list[int], batch: "Sequence[NewMessage]"
    ) -> dict[int, int]:
        times = [batch[place].ts for place in places]
        stored = _stored(channel, min(times) - MINUTE_MS, max(times) + MINUTE_MS)
        found: dict[int, int] = {}
        for place in places:
            message = batch[place]
            row = self._twin(message, kind, stored[message.text])
            if row is not None:
                self._taken.add(row)
                found[place] = row
        return found

    def _twin(
        self, message: "NewMessage", kind: bool, there: Iterable[_Twin]
    ) -> int | None:
        for one in there:
            is_other = is_of_content(one.external) != kind
            if not is_other or one.row in self._taken or not _same(message, one):
                continue
            return one.row
        return None


def is_of_content(external: str) -> bool:
    """Tell if an id was made of the message's content."""
    return external[DIGEST_CHARS : DIGEST_CHARS + 1] == "-"


def _stored(channel: int, first: int, last: int) -> defaultdict[str, list[_Twin]]:
    columns = (Message.id, Message.member, Message.ts, Message.external, Message.text)
    here = (Message.channel == channel) & Message.ts.between(first, last)
    found: defaultdict[str, list[_Twin]] = defaultdict(list)
    for *fields, text in tuples(Message.select(*columns).where(here)):
        found[text].append(_Twin(*fields))
    return found


def _same(message: "NewMessage", one: _Twin) -> bool:
    """Tell if author and time are the same, as far as both formats tell them."""
    is_author = message.member == one.member
    if message.ts == one.ts:
        return is_author or len(message.text) >= LONG
    # Text and older tables tell minutes alone, and no ids of authors.
    is_rough = message.ts % MINUTE_MS == 0 or one.ts % MINUTE_MS == 0
    is_minute = message.ts // MINUTE_MS == one.ts // MINUTE_MS
    return is_rough and is_minute and (is_author or len(message.text) >= LONG)
