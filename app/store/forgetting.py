"""Deletes for good: messages, everything attached, and replies that quote them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import fn

from app.store import conversations, feedback, tombstones, voice_changes
from app.store.database import tuples, write
from app.store.messages import BATCH
from app.store.tables import (
    Channel,
    ConversationLink,
    Embedding,
    Guild,
    Member,
    Message,
    Reply,
    ReplySource,
    Snapshot,
    VoiceGap,
)


@dataclass(frozen=True)
class Removed:
    """Counts of deleted rows."""

    messages: int = 0
    embeddings: int = 0
    replies: int = 0
    """Replies that lost their text with a deleted message."""

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(
            self.messages + other.messages,
            self.embeddings + other.embeddings,
            self.replies + other.replies,
        )


def rows_of_author(guild: int, author: str, since: int = 0) -> list[int]:
    """Return rows of an author's (hash) messages since that time."""
    chosen = (Member.guild == guild) & (Member.author == author)
    query = Message.select(Message.id).join(Member)
    query = query.where((Message.guild == guild) & chosen & (Message.ts >= since))
    return [row for (row,) in tuples(query)]


def rows_of_channel(guild: int, channel: int) -> list[int]:
    """Return rows of a channel's messages, including those of its threads."""
    threads = Channel.select(Channel.id).where(Channel.parent == channel)
    here = (Message.channel == channel) | Message.channel.in_(threads)
    query = Message.select(Message.id).where((Message.guild == guild) & here)
    return [row for (row,) in tuples(query)]


def rows_of_guild(guild: int) -> list[int]:
    """Return rows of all of the guild's messages."""
    query = Message.select(Message.id).where(Message.guild == guild)
    return [row for (row,) in tuples(query)]


@write
def blank_replies(guild: int, rows: Sequence[int]) -> int:
    """Blank the replies that used or answered these messages.

    Their rows stay, so that no trigger is answered twice. Call it before the messages
    are deleted. Returns the number of blanked replies.
    """
    chosen = (Reply.guild == guild) & (Reply.state != "forgotten")
    found: set[int] = set()
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        drew = ReplySource.select(ReplySource.reply).where(
            ReplySource.message.in_(part)
        )
        here = (Message.guild == guild) & Message.id.in_(part)
        triggers = Message.select(Message.external).where(here)
        talks = ConversationLink.select(ConversationLink.conversation).where(
            ConversationLink.message.in_(part)
        )
        wanted = Reply.id.in_(drew) | Reply.trigger.in_(triggers)
        wanted |= Reply.summary_of.in_(talks)
        query = Reply.select(Reply.id).where(chosen & wanted)
        found.update(row for (row,) in tuples(query))
    found |= _showing(chosen, set(rows))
    _blank(sorted(found))
    return len(found)


def _showing(chosen: Any, gone: set[int]) -> set[int]:
    """Return replies whose prompt contained one of the messages."""
    found: set[int] = set()
    for row, turns, recalled in tuples(
        Reply.select(Reply.id, Reply.turns, Reply.recalled).where(chosen)
    ):
        shown = {turn[2] for turn in turns if len(turn) > 2}
        if not gone.isdisjoint(shown) or not gone.isdisjoint(recalled):
            found.add(row)
    return found


@write
def delete(
    guild: int, rows: Sequence[int], *, by_owner: bool = True, is_all: bool = False
) -> Removed:
    """Delete messages of a guild with their vectors, links and files.

    Tombstones keep them from coming back, unless a span of time does so
    (`bury_author`). It is one transaction, so split thousands of rows into several
    calls.

    Args:
        by_owner: False for messages that members forget, or delete on Discord.
        is_all: Everything of the guild goes, and one span covers it all.
    """
    removed = Removed()
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        if not is_all:
            gone = tombstones.outside_spans(guild, _candidates(guild, part))
            tombstones.bury(guild, gone, by_owner=by_owner)
        removed += _delete(guild, part)
    return removed


def _candidates(guild: int, rows: list[int]) -> list[tombstones.Candidate]:
    query = Message.select(Member.author, Message.external, Message.ts).join(Member)
    chosen = (Message.guild == guild) & Message.id.in_(rows)
    return [tombstones.Candidate(*row) for row in tuples(query.where(chosen))]


def _delete(guild: int, asked: list[int]) -> Removed:
    here = (Message.guild == guild) & Message.id.in_(asked)
    rows = [row for (row,) in tuples(Message.select(Message.id).where(here))]
    voice_changes.note(guild, rows)
    vectors = Embedding.select(fn.COUNT(Embedding.id))
    embeddings = vectors.where(Embedding.message.in_(rows)).scalar()
    talks = conversations.of_messages(rows)
    orphans = ConversationLink.update(parent=None)
    orphans.where(ConversationLink.parent.in_(rows)).execute()
    Message.delete().where(Message.id.in_(rows)).execute()
    conversations.count_anew(talks)
    return Removed(len(rows), embeddings)


def _blank(replies: list[int]) -> None:
    for start in range(0, len(replies), BATCH):
        part = replies[start : start + BATCH]
        ReplySource.delete().where(ReplySource.reply.in_(part)).execute()
        emptied = Reply.update(
            state="forgotten",
            text="",
            turns=[],
            recalled=[],
            notes=[],
            rungs=[],
            summary_of=None,
        )
        emptied.where(Reply.id.in_(part)).execute()
        feedback.forget_words(part)


@write
def delete_author(guild: int, author: str) -> None:
    """Delete an author's data besides messages; an opt-out stays."""
    mine = (Member.guild == guild) & (Member.author == author)
    for (row,) in tuples(Member.select(Member.id).where(mine & ~Member.has_opted_out)):
        left = Message.select(fn.COUNT(Message.id)).where(Message.guild == guild)
        if not left.where(Message.member == row).scalar():
            Member.delete().where(Member.id == row).execute()
    feedback.forget_author(guild, author)


@write
def delete_channel(guild: int, channel: int) -> None:
    """Delete a channel without messages, and its threads."""
    here = (Channel.id == channel) | (Channel.parent == channel)
    Channel.delete().where((Channel.guild == guild) & here).execute()


@write
def delete_replies(guild: int) -> int:
    """Blank every reply of the guild; return the number that had words."""
    chosen = (Reply.guild == guild) & (Reply.state != "forgotten")
    replies = [row for (row,) in tuples(Reply.select(Reply.id).where(chosen))]
    _blank(replies)
    return len(replies)


@write
def delete_snapshots(guild: int) -> None:
    """Delete the guild's snapshots if nothing is left that they could bring back."""
    Snapshot.delete().where(Snapshot.guild == guild).execute()
    VoiceGap.delete().where(VoiceGap.guild == guild).execute()


@write
def delete_people(guild: int) -> None:
    """Delete the guild's members without messages; opt-outs stay."""
    writers = Message.select(Message.member).where(Message.guild == guild)
    gone = (Member.guild == guild) & ~Member.has_opted_out
    Member.delete().where(gone & Member.id.not_in(writers)).execute()


@write
def delete_guild(guild: int) -> None:
    """Delete a guild with everything in it."""
    Guild.delete().where(Guild.id == guild).execute()
