"""Deletes for good: messages, everything attached, and replies that quote them."""

from collections.abc import Sequence
from dataclasses import dataclass

from peewee import Case, Expression, fn

from app.core.names import GuildId
from app.store import (
    conversations,
    feedback,
    members,
    messages,
    tombstones,
    voice_changes,
)
from app.store.authors import people_of
from app.store.database import tuples, write
from app.store.reply.outcomes import NO_WORDS
from app.store.statements import BATCH
from app.store.tables import (
    Channel,
    ConversationLink,
    Embedding,
    Guild,
    ImportCheckpoint,
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


def rows_of_author(guild: GuildId, author: str, since: int = 0) -> list[int]:
    """Return rows of an author's (hash) messages since that time."""
    people = Member.author.in_(people_of(guild, author))
    chosen = (Member.guild == guild) & people
    query = Message.select(Message.id).join(Member)
    query = query.where((Message.guild == guild) & chosen & (Message.ts >= since))
    return [row for (row,) in tuples(query)]


def rows_of_channel(guild: GuildId, channel: int) -> list[int]:
    """Return rows of a channel's messages, including those of its threads."""
    threads = Channel.select(Channel.id).where(Channel.parent == channel)
    here = (Message.channel == channel) | Message.channel.in_(threads)
    query = Message.select(Message.id).where((Message.guild == guild) & here)
    return [row for (row,) in tuples(query)]


def rows_of_guild(guild: GuildId) -> list[int]:
    """Return rows of all of the guild's messages."""
    query = Message.select(Message.id).where(Message.guild == guild)
    return [row for (row,) in tuples(query)]


def texts_of(guild: GuildId, rows: Sequence[int]) -> list[str]:
    """The texts of messages that are about to be forgotten."""
    found: list[str] = []
    for start in range(0, len(rows), BATCH):
        part = Message.id.in_(list(rows[start : start + BATCH]))
        query = Message.select(Message.text).where((Message.guild == guild) & part)
        found += [text for (text,) in tuples(query)]
    return found


def texts_after(row: int, limit: int) -> list[tuple[int, str]]:
    """The rows and texts of the messages of all guilds that come next."""
    query = Message.select(Message.id, Message.text).where(Message.id > row)
    return list(tuples(query.order_by(Message.id).limit(limit)))


@dataclass(frozen=True)
class Blanked:
    """The replies and own lines emptied because messages went or changed."""

    replies: int = 0
    own: tuple[int, ...] = ()
    """Rows of the bot's own lines that those replies were sent as, now deleted."""
    sent: tuple[tuple[str, str], ...] = ()
    """(channel, message) on Discord of all that those replies were sent as."""


@write
def blank_replies(
    guild: GuildId,
    rows: Sequence[int],
    answered: Sequence[str] = (),
    *,
    by_owner: bool = True,
    are_edited: bool = False,
) -> Blanked:
    """Blank the replies that used or answered these messages, with the bot's lines.

    A later reply that was shown one of those lines loses its words as well. Their rows
    stay, since a trigger is answered once for ever, and those still being written learn
    what to do without. Call it while the messages are still there.

    Args:
        answered: Outside ids of more messages, which were perhaps never stored.
        by_owner: As in `delete`.
        are_edited: Those more messages stay, in other words. Answers to the words they
            had are ended, for what is being written has only those.
    """
    _tell_unfinished(guild, rows)
    replies, own, sent = set[int](), list[int](), list[tuple[str, str]]()
    found = _drawing_on(guild, rows)
    found |= _answers_to(guild, answered, has_words=are_edited)
    while found:
        replies |= found
        places = _sent_as(found)
        _blank(guild, sorted(found))
        sent += [place for place in places if place[0]]
        ids = [message for _, message in places]
        # One that was sent just now is perhaps about to be stored.
        tombstones.bury(guild, ids, by_owner=True)
        reached = messages.rows_of(guild, ids)
        _tell_unfinished(guild, reached)
        own += reached
        found = _drawing_on(guild, reached)
    _end_answers(guild, answered, are_begun=are_edited)
    # At once, as nothing leads from an empty reply to the bot's stored line.
    delete(guild, own, by_owner=by_owner)
    return Blanked(len(replies), tuple(own), tuple(sent))


def _end_answers(guild: GuildId, externals: Sequence[str], *, are_begun: bool) -> None:
    """Let nobody answer messages that are forgotten without having been stored.

    Args:
        are_begun: Only end what is being written, in answer to the words they had.
    """
    for start in range(0, len(externals), BATCH):
        part = list(externals[start : start + BATCH])
        asked = Reply.trigger.in_(part) | Reply.answers.in_(part)
        if are_begun:
            asked &= Reply.state == "claimed"
        ended = Reply.update(state="forgotten", asker="")
        ended.where((Reply.guild == guild) & asked).execute()


def _answers_to(
    guild: GuildId, externals: Sequence[str], *, has_words: bool = False
) -> set[int]:
    chosen = (Reply.guild == guild) & (Reply.state != "forgotten")
    if has_words:
        chosen &= Reply.text != ""
    found: set[int] = set()
    for start in range(0, len(externals), BATCH):
        part = list(externals[start : start + BATCH])
        asked = Reply.trigger.in_(part) | Reply.answers.in_(part)
        found.update(r for (r,) in tuples(Reply.select(Reply.id).where(chosen & asked)))
    return found


def _tell_unfinished(guild: GuildId, rows: Sequence[int]) -> None:
    """Note at replies that are being written that these messages changed."""
    chosen = (Reply.guild == guild) & (Reply.state == "claimed")
    for one in list(Reply.select().where(chosen)):
        changed = sorted({*one.recalled, *rows})
        Reply.update(recalled=changed).where(Reply.id == one.id).execute()


def _sent_as(replies: set[int]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    asked = sorted(replies)
    for start in range(0, len(asked), BATCH):
        query = Reply.select(Reply.sent, Channel.discord_id)
        query = query.left_outer_join(Channel)
        part = Reply.id.in_(asked[start : start + BATCH])
        # Its messages show another reply by now.
        part &= Reply.state != "replaced"
        for sent, channel in tuples(query.where(part)):
            # A direct message is in no channel that is known.
            found += [(channel or "", message) for message in sent]
    return found


def _drawing_on(guild: GuildId, rows: Sequence[int]) -> set[int]:
    chosen = (Reply.guild == guild) & (Reply.state != "forgotten")
    found: set[int] = set()
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        drew = ReplySource.select(ReplySource.reply).where(
            ReplySource.message.in_(part)
        )
        here = (Message.guild == guild) & Message.id.in_(part)
        asked = Message.select(Message.external).where(here)
        talks = ConversationLink.select(ConversationLink.conversation).where(
            ConversationLink.message.in_(part)
        )
        wanted = Reply.id.in_(drew)
        wanted |= Reply.trigger.in_(asked) | Reply.answers.in_(asked)
        wanted |= Reply.summary_of.in_(talks)
        query = Reply.select(Reply.id).where(chosen & wanted)
        found.update(row for (row,) in tuples(query))
    return found | _showing(chosen & (Reply.state != "claimed"), set(rows))


def _showing(chosen: Expression, gone: set[int]) -> set[int]:
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
    guild: GuildId, rows: Sequence[int], *, by_owner: bool = True, is_all: bool = False
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
            gone = _candidates(guild, part)
            tombstones.bury_messages(guild, gone, by_owner=by_owner)
        removed += _delete(guild, part)
    return removed


def _candidates(guild: GuildId, rows: list[int]) -> list[tombstones.TombstoneCandidate]:
    columns = (Member.author, Message.external, Message.ts, Message.text, Member.name)
    query = Message.select(*columns).join(Member)
    chosen = (Message.guild == guild) & Message.id.in_(rows)
    return [tombstones.TombstoneCandidate(*row) for row in tuples(query.where(chosen))]


def _delete(guild: GuildId, asked: list[int]) -> Removed:
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


def _blank(guild: GuildId, replies: list[int]) -> None:
    """Take the words out of replies; one that was not sent yet is made again."""
    if replies:
        voice_changes.note(guild, [voice_changes.OTHER_WORDS])
    is_unsent = (Reply.state == "made") & Reply.trigger.is_null(False)
    for start in range(0, len(replies), BATCH):
        part = replies[start : start + BATCH]
        ReplySource.delete().where(ReplySource.reply.in_(part)).execute()
        emptied = Reply.update(
            state=Case(None, ((is_unsent, "claimed"),), "forgotten"), **NO_WORDS
        )
        emptied.where(Reply.id.in_(part)).execute()
        feedback.forget_words(part)


@write
def delete_author(guild: GuildId, author: str) -> None:
    """Delete an author's data besides messages; an opt-out stays.

    So does the hash of a name that a proxy writes under, or what was forgotten of it
    would come back under the name alone.
    """
    people = Member.author.in_(people_of(guild, author))
    mine = (Member.guild == guild) & people
    linked = mine & Member.account.is_null(False)
    Member.update(name="").where(linked).execute()
    gone = mine & Member.account.is_null() & ~Member.has_opted_out
    for (row,) in tuples(Member.select(Member.id).where(gone)):
        left = Message.select(fn.COUNT(Message.id)).where(Message.guild == guild)
        if not left.where(Message.member == row).scalar():
            Member.delete().where(Member.id == row).execute()
    emptied = (Reply.guild == guild) & (Reply.state == "forgotten")
    for column in (Reply.asker, Reply.imitates):
        theirs = emptied & column.in_(people_of(guild, author))
        Reply.update({column: ""}).where(theirs).execute()
    feedback.forget_author(guild, author)
    members.drop_choice(author)
    voice_changes.note(guild, [voice_changes.OTHER_WORDS])


@write
def delete_channel(guild: GuildId, channel: int) -> None:
    """Delete a channel without messages, and its threads."""
    here = (Channel.id == channel) | (Channel.parent == channel)
    Channel.delete().where((Channel.guild == guild) & here).execute()


@write
def delete_replies(guild: GuildId, reason: str | None = None) -> int:
    """Blank the guild's replies, or those of a reason; return how many had words."""
    here = Reply.guild == guild
    if reason is not None:
        here &= Reply.reason == reason
    query = Reply.select(Reply.id).where(here & (Reply.state != "forgotten"))
    replies = [row for (row,) in tuples(query)]
    _blank(guild, replies)
    Reply.update(asker="").where(here).execute()
    return len(replies)


@write
def delete_snapshots(guild: GuildId) -> None:
    """Delete the guild's snapshots if nothing is left that they could bring back."""
    Snapshot.delete().where(Snapshot.guild == guild).execute()
    VoiceGap.delete().where(VoiceGap.guild == guild).execute()


@write
def delete_progress(guild: GuildId) -> None:
    """Delete the progress of interrupted imports; they would skip what they stored."""
    ImportCheckpoint.delete().where(ImportCheckpoint.guild == guild).execute()


@write
def delete_people(guild: GuildId) -> None:
    """Delete the guild's members without messages; opt-outs stay."""
    writers = Message.select(Message.member).where(Message.guild == guild)
    here = (Member.guild == guild) & ~Member.has_opted_out
    gone = here & Member.id.not_in(writers)
    Member.update(name="").where(gone & Member.account.is_null(False)).execute()
    Member.delete().where(gone & Member.account.is_null()).execute()


@write
def delete_guild(guild: GuildId) -> None:
    """Delete a guild with everything in it."""
    members.drop_choices_of(guild)
    Guild.delete().where(Guild.id == guild).execute()
