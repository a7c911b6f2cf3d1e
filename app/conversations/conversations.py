"""Follows conversations in live channels, as messages are written."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.conversations.message_features import MessageFeatures
from app.conversations.reply_linker import Linker
from app.core.names import GuildId
from app.store import guilds, messages, reply_links
from app.store.database import Database
from app.store.reply_links import NewLink
from app.store.rows import StoredMessage

SILENCE_MS = 3 * 3_600_000
"""The silence that ends a conversation, except in a thread."""
LOOKED_BACK = 100
"""The number of messages read on first sight of a channel."""
KEPT = 400
CHANNELS = 64
"""The number of channels in memory, a third of a megabyte each."""
AT_ONCE = 16
"""Messages linked together, in no more channels than are in memory."""


@dataclass
class LiveConversation:
    """A live conversation."""

    first: int
    """Row of its first message, its own in the database."""
    last_ms: int

    def is_over(self, now_ms: int) -> bool:
        """Return whether it has been silent for too long to continue."""
        return now_ms - self.last_ms > SILENCE_MS


@dataclass(frozen=True)
class PlacedMessage:
    """A message with what Discord or the database knows about its place."""

    message: StoredMessage
    answered: int | None = None
    """Row of the message it replies to, according to Discord."""
    conversation: int | None = None
    """Row of that message's conversation, if known."""
    link: NewLink | None = None
    """A link found earlier, which is kept."""


class LinkedChannel:
    """Links the messages of one channel in the order they were written."""

    def __init__(
        self,
        make_linker: Callable[[], Linker] = Linker,
        *,
        is_thread: bool = False,
        starter: int | None = None,
    ) -> None:
        """An empty channel.

        Args:
            is_thread: All messages of a thread form one conversation.
            starter: Row of the message that started the thread.
        """
        self._linker = make_linker()
        self._is_thread = is_thread
        self._starter = starter
        self._position: dict[int, int] = {}
        self._rows: dict[int, int] = {}
        self._talks: dict[int, LiveConversation] = {}
        self._newest: LiveConversation | None = None

    def __contains__(self, row: int) -> bool:
        return row in self._position

    def hear(self, heard: PlacedMessage) -> NewLink:
        """Link the next message; explicit replies and threads override the guess."""
        message, answered = heard.message, heard.answered
        if heard.link:
            answered = heard.link.parent
        line = MessageFeatures(
            message.name, message.ts / 1000, message.text, (), message.is_bot
        )
        explicit = self._position.get(answered) if answered is not None else None
        link = self._linker.link(line, explicit)
        if heard.link:
            known = self._known(heard.link.conversation, message.ts)
            self._join(message, link.position, known)
            return heard.link
        parent = answered
        if answered is None and link.parent is not None:
            parent = self._rows.get(link.parent)
        talk: LiveConversation | None = (
            self._talks.get(parent) if parent is not None else None
        )
        if self._is_thread:
            talk = self._newest
            parent = parent or (self._starter if talk is None else None)
        elif answered is None and talk is not None and talk.is_over(message.ts):
            parent = talk = None
        if talk is None:
            # A thread is a conversation of its own, whatever message started it.
            begun = None if self._is_thread else heard.conversation or parent
            talk = LiveConversation(begun or message.id, message.ts)
        self._join(message, link.position, talk)
        return NewLink(message.id, parent, talk.first, link.score)

    def _known(self, conversation: int, ts: int) -> LiveConversation:
        for talk in self._talks.values():
            if talk.first == conversation:
                return talk
        return LiveConversation(conversation, ts)

    def _join(
        self, message: StoredMessage, position: int, talk: LiveConversation
    ) -> None:
        talk.last_ms = message.ts
        self._newest = talk
        self._position[message.id] = position
        self._rows[position] = message.id
        self._talks[message.id] = talk
        if len(self._rows) > KEPT:
            oldest = next(iter(self._rows))
            row = self._rows.pop(oldest)
            self._position.pop(row, None)
            self._talks.pop(row, None)


class Linking:
    """Links messages as they are stored, and saves the links in the database."""

    def __init__(
        self, database: Database, make_linker: Callable[[], Linker] = Linker
    ) -> None:
        self._database = database
        self._make_linker = make_linker
        self._channels: OrderedDict[int, LinkedChannel] = OrderedDict()
        self._order = asyncio.Lock()

    async def hear(self, rows: Sequence[int]) -> list[NewLink]:
        """Link the messages in those rows, in order; return the new links."""
        made: list[NewLink] = []
        async with self._order:
            for start in range(0, len(rows), AT_ONCE):
                made += await self._hear(rows[start : start + AT_ONCE])
        return made

    async def _hear(self, rows: Sequence[int]) -> list[NewLink]:
        """Link some messages: one trip to the database before, and one after."""
        made: list[NewLink] = []
        placed = await self._database.run(_placed, rows)
        for channel, one in {one.message.channel: one for one in placed[::-1]}.items():
            if channel in self._channels:
                self._channels.move_to_end(channel)
            else:
                made += await self._open(one.message)
        new = await asyncio.to_thread(self._link, placed)
        await self._database.run(reply_links.put_many, new)
        return made + new

    def _link(self, placed: Sequence[PlacedMessage]) -> list[NewLink]:
        """Link messages of open channels that are not linked yet.

        It takes a millisecond each, in a thread that nothing else waits for.
        """
        made = []
        for one in placed:
            channel = self._channels[one.message.channel]
            if one.message.id not in channel and one.link is None:
                made.append(channel.hear(one))
        return made

    async def _open(self, message: StoredMessage) -> list[NewLink]:
        """Read what was said in a message's channel before it.

        Returns the new links of messages that came in a file.
        """
        is_thread, starter, before = await self._database.run(_before, message)
        found = LinkedChannel(self._make_linker, is_thread=is_thread, starter=starter)
        links = await asyncio.to_thread(lambda: [found.hear(one) for one in before])
        made = [
            link for link, one in zip(links, before, strict=True) if one.link is None
        ]
        await self._database.run(reply_links.put_many, made)
        self._channels[message.channel] = found
        if len(self._channels) > CHANNELS:
            self._channels.popitem(last=False)
        return made


def _placed(rows: Sequence[int]) -> list[PlacedMessage]:
    return _heard(messages.by_rows(rows))


def _heard(heard: Sequence[StoredMessage]) -> list[PlacedMessage]:
    """Messages of one guild or several, with what is known of their places."""
    asked: defaultdict[GuildId, list[str]] = defaultdict(list)
    for one in heard:
        if one.reply_to is not None:
            asked[one.guild].append(one.reply_to)
    answered = {
        (one.guild, one.external): one
        for guild, externals in asked.items()
        for one in messages.by_rows(messages.rows_of(guild, externals))
    }
    known = reply_links.get_many([one.id for one in (*heard, *answered.values())])
    placed = []
    for one in heard:
        found = answered.get((one.guild, one.reply_to or ""))
        if found and found.channel != one.channel:
            # Forwarded messages are not answered here.
            found = None
        link = known.get(found.id) if found else None
        placed.append(
            PlacedMessage(
                one,
                found.id if found else None,
                link.conversation if link else None,
                known.get(one.id),
            )
        )
    return placed


def _before(message: StoredMessage) -> tuple[bool, int | None, list[PlacedMessage]]:
    """Return whether the channel is a thread, its starter, and its history."""
    channel = guilds.get_channel(message.channel)
    is_thread = channel is not None and channel.parent_id is not None
    starter = None
    if channel and is_thread and channel.discord_id:
        # Discord gives a thread the id of the message that started it.
        starter = messages.find(message.guild, channel.discord_id)
    latest = messages.latest(message.channel, LOOKED_BACK, before=message.ts)
    before = _heard([one for one in latest if one.id != message.id])
    return is_thread, starter.id if starter else None, before
