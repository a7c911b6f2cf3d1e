"""Reads the messages before a message from the store."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.names import GuildId
from app.providers.base import Turn
from app.store import conversations, members, messages, reply_links
from app.store.audience import speakable_channels
from app.store.database import Database
from app.store.reply_links import NewLink
from app.store.rows import StoredMessage

CHANNEL_TURNS = 60
"""The number of the channel's other messages to read: more than a prompt ever holds,
so that its start can stay for a while."""

CONVERSATION_TURNS = 30
CHAIN = 12
"""The number of reply links to follow backwards."""


@dataclass(frozen=True)
class ConversationContext:
    """Possible context, not yet limited by a budget."""

    last: Turn
    conversation: tuple[Turn, ...] = ()
    """The reply chain and the linked messages."""
    channel: tuple[Turn, ...] = ()
    """Other recent messages of the channel."""
    summary: str = ""
    """A summary of a long conversation before its last turns."""
    summary_of: int | None = None
    """Row of that conversation."""
    summary_guild: GuildId | None = None
    """Row of its guild."""
    speakable: frozenset[int] | None = None
    """Rows of the channels whose words may be said here; None means all."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, the last one included, each once."""
        gathered = (*self.channel, *self.conversation)
        stored = {turn.message: turn for turn in gathered if turn.message is not None}
        others = [turn for turn in gathered if turn.message is None]
        return (*(stored[row] for row in sorted(stored)), *others, self.last)

    def __len__(self) -> int:
        """Return the number of turns, including the last one."""
        return len(self.turns)


async def gather(
    database: Database, guild: GuildId, channel: int | None, last: Turn
) -> ConversationContext:
    """Collect everything before `last` that could go into its prompt."""
    return await database.run(_gather, guild, channel, last)


def _gather(guild: GuildId, channel: int | None, last: Turn) -> ConversationContext:
    if channel is None:
        speakable = speakable_channels(guild, None)
        return ConversationContext(last, speakable=speakable)
    trigger = messages.get(last.message) if last.message is not None else None
    before = None if trigger is None else trigger.ts + 1
    recent = messages.latest(channel, CHANNEL_TURNS, before=before)
    hidden = members.opted_out(guild)
    link = reply_links.get(trigger.id) if trigger else None
    conversation = _conversation(trigger, link) if trigger else []
    talk = conversations.get(link.conversation) if link else None
    if talk and talk.channel != channel:
        talk = None
    return ConversationContext(
        last,
        _turns(conversation, last, hidden),
        _turns(recent, last, hidden),
        talk.summary if talk else "",
        talk.id if talk and talk.summary else None,
        talk.guild if talk and talk.summary else None,
        speakable_channels(guild, channel),
    )


def _conversation(trigger: StoredMessage, link: NewLink | None) -> list[StoredMessage]:
    """Return the reply chain before a message, and linked messages."""
    found: dict[int, StoredMessage] = {}
    at: StoredMessage | None = trigger
    for _ in range(CHAIN):
        if at is None or at.reply_to is None or at.id in found:
            break
        at = messages.find(trigger.guild, at.reply_to)
        if at is not None:
            found[at.id] = at
    starter = None
    if link is not None:
        rows = reply_links.conversation(link.conversation, CONVERSATION_TURNS)
        found |= {message.id: message for message in messages.by_rows(rows)}
        begun = reply_links.get(link.conversation)
        # A thread is about the message that started it, in its parent channel.
        starter = begun.parent if begun else None
        opened_on = messages.by_rows([starter] if starter else [])
        found |= {message.id: message for message in opened_on}
    return [
        message
        for row, message in sorted(found.items())
        if row < trigger.id
        and message.guild == trigger.guild
        and (message.channel == trigger.channel or row == starter)
    ]


def turn_of(message: StoredMessage) -> Turn:
    """Return a stored message as a turn of a prompt."""
    return Turn(
        message.name or "someone",
        message.text,
        message.is_bot,
        message.id,
        message.guild,
    )


def _turns(
    stored: Sequence[StoredMessage], last: Turn, hidden: set[str]
) -> tuple[Turn, ...]:
    """Convert messages to turns, without those of members who opted out."""
    return tuple(
        turn_of(message)
        for message in stored
        if message.id != last.message
        and message.author not in hidden
        and message.text.strip()
    )
