"""Conversations: members, last turn and summary."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from peewee import fn

from app.core.names import GuildId
from app.store.database import tuples, write
from app.store.statements import BATCH
from app.store.tables import Conversation, ConversationLink, Member, Message


@dataclass(frozen=True)
class StoredConversation:
    """A conversation as its row has it."""

    id: int
    guild: GuildId
    channel: int
    started: int
    last_turn: int
    last_ms: int
    members: tuple[str, ...]
    summary: str
    summarised: int


@dataclass(frozen=True)
class Joined:
    """A message that is linked to a conversation."""

    message: int
    conversation: int
    guild: GuildId
    channel: int
    ts: int
    author: str


def get(conversation: int) -> StoredConversation | None:
    """Return the conversation in that row."""
    row = Conversation.get_or_none(Conversation.id == conversation)
    if row is None:
        return None
    return StoredConversation(
        row.id,
        row.guild_id,
        row.channel_id,
        row.started,
        row.last_turn,
        row.last_ms,
        tuple(row.members),
        row.summary,
        row.summarised,
    )


def of_messages(rows: Sequence[int]) -> list[int]:
    """Return the conversations of those messages."""
    found: set[int] = set()
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        query = ConversationLink.select(ConversationLink.conversation).distinct()
        chosen = query.where(ConversationLink.message.in_(part))
        found.update(row for (row,) in tuples(chosen))
    return sorted(found)


def long_ones(since: int, turns: int) -> list[tuple[GuildId, int]]:
    """Return (guild, conversation) of those since that time whose summary lacks turns.

    The most recent of all guilds comes first; `turns` is the least number of missing
    turns.
    """
    newer = ConversationLink.select(fn.COUNT(ConversationLink.id)).where(
        (ConversationLink.conversation == Conversation.id)
        & (ConversationLink.message > Conversation.summarised)
    )
    going_on = Conversation.last_ms >= since
    columns = (Conversation.guild, Conversation.id)
    query = Conversation.select(*columns).where(going_on & (newer >= turns))
    found = tuples(query.order_by(Conversation.last_ms.desc()))
    return [(guild, row) for guild, row in found]


def turns_after(conversation: int, row: int) -> list[int]:
    """Return rows of the conversation's messages after that row, oldest first."""
    query = ConversationLink.select(ConversationLink.message)
    here = ConversationLink.conversation == conversation
    query = query.where(here & (ConversationLink.message > row))
    return [row for (row,) in tuples(query.order_by(ConversationLink.message))]


@write
def join(joined: Sequence[Joined]) -> None:
    """Add linked messages to their conversations."""
    by_talk: defaultdict[int, list[Joined]] = defaultdict(list)
    for one in joined:
        by_talk[one.conversation].append(one)
    for conversation, turns in by_talk.items():
        known = get(conversation)
        if known is None:
            count_anew([conversation])
            continue
        newest = max(turns, key=lambda turn: turn.message)
        members = dict.fromkeys((*known.members, *(turn.author for turn in turns)))
        Conversation.update(
            last_turn=max(newest.message, known.last_turn),
            last_ms=max(newest.ts, known.last_ms),
            members=list(members),
        ).where(Conversation.id == conversation).execute()


@write
def summarise(conversation: int, summary: str, rows: Sequence[int], since: int) -> bool:
    """Store a summary that adds those messages to the one up to `since`.

    Returns False and stores nothing if part of it was forgotten meanwhile.
    """
    there = ConversationLink.select(fn.COUNT(ConversationLink.id)).where(
        (ConversationLink.conversation == conversation)
        & ConversationLink.message.in_(list(rows))
    )
    if there.scalar() != len(rows):
        return False
    same = (Conversation.id == conversation) & (Conversation.summarised == since)
    change = Conversation.update(summary=summary, summarised=max(rows))
    return bool(change.where(same).execute())


@write
def drop_summaries(conversations: Sequence[int]) -> None:
    """Drop summaries of anything that has been changed or forgotten."""
    for start in range(0, len(conversations), BATCH):
        part = list(conversations[start : start + BATCH])
        change = Conversation.update(summary="", summarised=0)
        change.where(Conversation.id.in_(part)).execute()


@write
def drop_all_summaries(guild: GuildId) -> int:
    """Drop the summaries of a guild; return their number."""
    there = (Conversation.guild == guild) & (Conversation.summary != "")
    change = Conversation.update(summary="", summarised=0)
    return int(change.where(there).execute())


@write
def count_anew(conversations: Sequence[int]) -> None:
    """Update the rows from the links; drop summaries and empty conversations."""
    for conversation in conversations:
        query = (
            Message.select(
                Message.id, Message.guild, Message.channel, Message.ts, Member.author
            )
            .join(ConversationLink, on=ConversationLink.message == Message.id)
            .join(Member, on=Message.member == Member.id)
            .where(ConversationLink.conversation == conversation)
            .where(~Member.has_opted_out)
            .order_by(Message.id)
        )
        turns = tuples(query)
        Conversation.delete().where(Conversation.id == conversation).execute()
        if turns:
            last, guild, channel, *_ = turns[-1]
            Conversation.insert(
                id=conversation,
                guild=guild,
                channel=channel,
                started=min(ts for *_, ts, _ in turns),
                last_turn=last,
                last_ms=max(ts for *_, ts, _ in turns),
                members=list(dict.fromkeys(author for *_, author in turns)),
            ).execute()


@write
def leave(guild: GuildId, author: str) -> None:
    """Remove an author (hash) and affected summaries from every conversation."""
    took_part = Conversation.members.cast("TEXT").contains(f'"{author}"')
    here = (Conversation.guild == guild) & took_part
    for row in list(Conversation.select().where(here)):
        members = [member for member in row.members if member != author]
        change = Conversation.update(members=members, summary="", summarised=0)
        change.where(Conversation.id == row.id).execute()
