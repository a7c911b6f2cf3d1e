"""Replies: claimed once for each trigger, filled in, and found again."""

import time
from collections.abc import Iterable, Sequence

from peewee import IntegrityError

from app.core.names import GuildId
from app.store import rows, tombstones
from app.store.authors import people_of
from app.store.database import bound, tuples, write
from app.store.reply import reply_sources
from app.store.reply.reply_sources import Fields, SourceMessage
from app.store.rows import StoredReply
from app.store.tables import (
    Channel,
    Conversation,
    Member,
    Reply,
    ReplySource,
    SentMessage,
)


@write
def claim(
    guild: GuildId,
    channel: int | None,
    reason: str,
    trigger: str | None = None,
    asker: str = "",
    answers: str | None = None,
) -> int | None:
    """Create the row of a reply in advance; None if the trigger already has one.

    The row stays whatever happens to the reply, so neither a message delivered twice
    nor a crash leads to two answers.

    Args:
        asker: Hash of the author that it answers.
        answers: Discord's id of the message answered, if that is not the trigger.
    """
    try:
        # A part of its own, as an error ends PostgreSQL's transaction.
        with bound().atomic():
            reply: Reply = Reply.create(
                guild=guild,
                channel=channel,
                reason=reason,
                trigger=trigger,
                asker=asker,
                answers=answers,
                created=int(time.time() * 1000),
                state="claimed",
            )
    except IntegrityError:
        return None
    return int(reply.id)


@write
def move_trigger(old: str, new: str) -> None:
    """Let a reply answer a proxied line instead of the line's original."""
    if not Reply.select().where(Reply.trigger == new).exists():
        Reply.update(trigger=new).where(Reply.trigger == old).execute()


@write
def finish(
    reply: int,
    fields: Fields,
    sources: Sequence[SourceMessage] | None = None,
    *,
    is_said: bool = False,
    overheard: Iterable[int] = (),
) -> list[tuple[int, int]] | None:
    """Fill in a claimed reply; `fields` are columns of the table by name.

    Args:
        sources: What it drew on; None keeps what is stored.
        overheard: Rows of messages that it knew and does not name.
        is_said: Everyone in its channel must be allowed to hear them.

    Returns:
        (channel, message) on Discord of the sources that came with a file. None if
        anything that it knew was forgotten, edited or hidden while it was written:
        then none of its words are stored, and it must not be sent.
    """
    same = Reply.id == reply
    row = Reply.get_or_none(same)
    if row is None:
        return None
    if row.state == "forgotten" or _is_trigger_gone(row):
        Reply.update(state="forgotten", recalled=[]).where(same).execute()
        return None
    drawn = sources or ()
    heard = [*(source.message for source in drawn), *fields.get("recalled", ())]
    is_hidden = is_said and not reply_sources.may_hear(row, heard)
    known = reply_sources.named(fields, drawn).union(overheard)
    if is_hidden or reply_sources.went(row, known) or _has_lost_summary(fields):
        # The row stays claimed, so that the reply can be made once more.
        Reply.update(recalled=[]).where(same).execute()
        return None
    Reply.update(**fields).where(same).execute()
    if sources is not None:
        # An earlier line of the same reply may have been refused.
        ReplySource.delete().where(ReplySource.reply == reply).execute()
    reply_sources.add_sources(reply, drawn)
    used = [source.message for source in drawn if source.words]
    return reply_sources.with_files(used)


@write
def add(
    guild: GuildId,
    fields: Fields,
    sources: Sequence[SourceMessage] = (),
    *,
    overheard: Iterable[int] = (),
) -> int | None:
    """Make the row of a reply that is written already; nobody else can answer it.

    None if anything that it knew was forgotten meanwhile, as in `finish`.
    """
    known = reply_sources.named(fields, sources).union(overheard)
    if len(reply_sources.still_there(known)) < len(known) or _has_lost_summary(fields):
        return None
    if _is_unwanted(guild, fields):
        return None
    made = int(time.time() * 1000)
    reply = Reply.create(guild=guild, created=made, **fields)
    reply_sources.add_sources(reply.id, sources)
    return int(reply.id)


def _is_unwanted(guild: GuildId, fields: Fields) -> bool:
    """Tell if a reply speaks like a member who does not agree to that any more."""
    if not (author := fields.get("imitates")):
        return False
    same = (Member.guild == guild) & (Member.author == author)
    return not Member.select().where(same & Member.allows_voice).exists()


def _has_lost_summary(fields: Fields) -> bool:
    """Tell if the summary that a reply knew was dropped, as a message of it went."""
    talk = fields.get("summary_of")
    if talk is None:
        return False
    there = (Conversation.id == talk) & (Conversation.summary != "")
    return not Conversation.select().where(there).exists()


def _is_trigger_gone(row: Reply) -> bool:
    asked = [one for one in (row.trigger, row.answers) if one is not None]
    return any(tombstones.is_buried(row.guild_id, one) for one in asked)


def is_forgotten(reply: int) -> bool:
    """Tell if the reply's words were taken out for good."""
    same = (Reply.id == reply) & (Reply.state == "forgotten")
    return bool(Reply.select().where(same).exists())


def has_words(reply: int) -> bool:
    """Tell if the reply may be sent: it is made, and nothing took its words out."""
    there = (Reply.id == reply) & (Reply.text != "")
    return bool(Reply.select().where(there).exists())


def get(reply: int) -> StoredReply | None:
    """Return the reply in that row."""
    row = Reply.get_or_none(Reply.id == reply)
    return None if row is None else rows.reply(row)


def answer_to(trigger: str) -> StoredReply | None:
    """Return the reply to the Discord message with that id."""
    row = Reply.get_or_none(Reply.trigger == trigger)
    return None if row is None else rows.reply(row)


def answered(triggers: Sequence[str]) -> set[str]:
    """Return the triggers that already have a reply."""
    query = Reply.select(Reply.trigger).where(Reply.trigger.in_(list(triggers)))
    return {str(row.trigger) for row in query}


def asked_by(guild: GuildId, author: str, since: int = 0) -> list[str]:
    """Return the triggers of replies to an author (hash), or like them, since then.

    Those to the names that the author writes under through a proxy are among them.
    """
    own = people_of(guild, author)
    people = Reply.asker.in_(own) | Reply.imitates.in_(own)
    mine = (Reply.guild == guild) & people & (Reply.created >= since)
    query = Reply.select(Reply.trigger).where(mine & Reply.trigger.is_null(False))
    return [trigger for (trigger,) in tuples(query)]


def answered_in(guild: GuildId, channel: int) -> list[str]:
    """Return the triggers of the replies in a channel (row) and in its threads."""
    threads = Channel.select(Channel.id).where(Channel.parent == channel)
    here = (Reply.channel == channel) | Reply.channel.in_(threads)
    query = Reply.select(Reply.trigger).where((Reply.guild == guild) & here)
    return [trigger for (trigger,) in tuples(query) if trigger is not None]


def unsent() -> list[StoredReply]:
    """Return replies to messages that were never noted as sent."""
    begun = Reply.state.in_(("claimed", "made")) & Reply.trigger.is_null(False)
    query = Reply.select().where(begun)
    return [rows.reply(row) for row in query.order_by(Reply.id)]


def find_sent(message: str) -> StoredReply | None:
    """Find the reply that was sent as the Discord message with that id."""
    query = Reply.select().join(SentMessage).where(SentMessage.message == message)
    row = query.order_by(Reply.id.desc()).first()
    return None if row is None else rows.reply(row)


def last_sent(channel: int) -> str | None:
    """Return the last message on Discord of the latest reply in a channel."""
    chosen = (Reply.channel == channel) & (Reply.state == "sent")
    row = Reply.select().where(chosen).order_by(Reply.id.desc()).first()
    return str(row.sent[-1]) if row and row.sent else None


def versions(reply: int) -> list[int]:
    """Return a reply and those whose messages it took over, as thumbs are for all."""
    row = get(reply)
    if row is None or not row.sent:
        return [reply]
    shown = SentMessage.message == row.sent[0]
    query = SentMessage.select(SentMessage.reply).where(shown)
    return [found for (found,) in tuples(query.order_by(SentMessage.reply))]


def latest(
    guild: GuildId | None = None,
    *,
    channel: int | None = None,
    until: int | None = None,
    limit: int = 50,
) -> list[StoredReply]:
    """Return the newest replies, or the newest until a time, newest first."""
    query = Reply.select()
    if guild is not None:
        query = query.where(Reply.guild == guild)
    if channel is not None:
        query = query.where(Reply.channel == channel)
    if until is not None:
        query = query.where(Reply.created <= until)
    return [rows.reply(row) for row in query.order_by(Reply.id.desc()).limit(limit)]
