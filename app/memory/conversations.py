"""The conversations of live channels: what answers what, and who takes part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.memory.lines import Line
from app.memory.links import Linker
from app.store import links, messages
from app.store.database import Database
from app.store.links import NewLink
from app.store.messages import StoredMessage

SILENCE_MS = 3 * 3_600_000
"""A conversation ends after so long without a message."""
LOOKED_BACK = 100
"""Messages of a channel read when it is first heard of."""
KEPT = 400


@dataclass
class Conversation:
    """Messages that belong together."""

    first: int
    """Row of its first message, its own name in the database."""
    last: int
    last_ms: int
    members: set[str] = field(default_factory=set)

    def is_over(self, now_ms: int) -> bool:
        """Whether it has been silent for too long to go on."""
        return now_ms - self.last_ms > SILENCE_MS


class Channel:
    """Links the messages of one channel in the order they are written."""

    def __init__(self, make_linker: Callable[[], Linker] = Linker) -> None:
        self._linker = make_linker()
        self._position: dict[int, int] = {}
        self._conversation: dict[int, Conversation] = {}
        self._rows: dict[int, int] = {}

    def __contains__(self, row: int) -> bool:
        return row in self._position

    def conversation_of(self, row: int) -> Conversation | None:
        """The conversation of a message that was heard lately."""
        return self._conversation.get(row)

    def hear(self, message: StoredMessage, answered: int | None = None) -> NewLink:
        """Link the next message; `answered` is the row of an explicit reply."""
        line = Line(message.name, message.ts / 1000, message.text, (), message.is_bot)
        explicit = self._position.get(answered) if answered is not None else None
        link = self._linker.link(line, explicit)
        parent = self._rows.get(link.parent) if link.parent is not None else None
        if answered is not None:
            parent = answered
        talk = self._conversation.get(parent) if parent is not None else None
        if answered is None and talk is not None and talk.is_over(message.ts):
            parent = talk = None
        if talk is None:
            talk = Conversation(parent or message.id, message.id, message.ts)
        self._join(message, link.position, talk)
        return NewLink(message.id, parent, talk.first, link.score)

    def _join(self, message: StoredMessage, position: int, talk: Conversation) -> None:
        talk.last, talk.last_ms = message.id, message.ts
        talk.members.add(message.author)
        self._position[message.id] = position
        self._rows[position] = message.id
        self._conversation[message.id] = talk
        if len(self._rows) > KEPT:
            oldest = next(iter(self._rows))
            row = self._rows.pop(oldest)
            self._position.pop(row, None)
            self._conversation.pop(row, None)


class Linking:
    """Links messages as they are stored, and keeps the links in the database."""

    def __init__(
        self, database: Database, make_linker: Callable[[], Linker] = Linker
    ) -> None:
        self._database = database
        self._make_linker = make_linker
        self._channels: dict[int, Channel] = {}

    async def hear(self, rows: Sequence[int]) -> list[NewLink]:
        """Link the messages in those rows, in their order."""
        made = await self._database.run(self._hear, list(rows))
        await self._database.run(links.put_many, made)
        return made

    def _hear(self, rows: list[int]) -> list[NewLink]:
        """In the database's thread: reading and linking take about a millisecond."""
        made: list[NewLink] = []
        for message in messages.by_rows(rows):
            channel = self._channel(message)
            if message.id in channel:
                continue
            answered = None
            if message.reply_to is not None:
                found = messages.find(message.guild, message.reply_to)
                answered = found.id if found else None
            made.append(channel.hear(message, answered))
        return made

    def _channel(self, message: StoredMessage) -> Channel:
        """The channel's state; at first what was said there before is read."""
        if message.channel not in self._channels:
            channel = Channel(self._make_linker)
            before = messages.latest(message.channel, LOOKED_BACK, before=message.ts)
            for earlier in before:
                known = links.get(earlier.id)
                channel.hear(earlier, known.parent if known else None)
            self._channels[message.channel] = channel
        return self._channels[message.channel]
