"""Replies, with everything that explains them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from peewee import IntegrityError

from app.store.database import tuples, write
from app.store.tables import Channel, Message, Reply, ReplySource


class SourceMessage(NamedTuple):
    """A source message of a reply, and the longest run of words taken from it."""

    message: int
    words: int = 0
    run: str = ""


@write
def claim(
    guild: int, channel: int | None, reason: str, trigger: str | None = None
) -> int | None:
    """Create the row of a reply in advance; None if the trigger already has one.

    The row stays whatever happens to the reply, so neither a message delivered twice
    nor a crash leads to two answers.
    """
    try:
        reply: Reply = Reply.create(
            guild=guild,
            channel=channel,
            reason=reason,
            trigger=trigger,
            created=int(time.time() * 1000),
            state="claimed",
        )
    except IntegrityError:
        return None
    return int(reply.id)


@write
def finish(
    reply: int, fields: Mapping[str, Any], sources: Sequence[SourceMessage] = ()
) -> None:
    """Fill in a claimed reply; `fields` are columns of the table by name."""
    Reply.update(**fields).where(Reply.id == reply).execute()
    for source in sources:
        ReplySource.create(reply=reply, **source._asdict())


@write
def set_state(reply: int, state: str, sent: Sequence[str] | None = None) -> None:
    """Store the outcome of a reply, and the ids of its sent messages."""
    fields: dict[str, Any] = {"state": state}
    if sent is not None:
        fields["sent"] = list(sent)
    Reply.update(**fields).where(Reply.id == reply).execute()


def get(reply: int) -> Reply | None:
    """Return the reply in that row."""
    found: Reply | None = Reply.get_or_none(Reply.id == reply)
    return found


def answer_to(trigger: str) -> Reply | None:
    """Return the reply to the Discord message with that id."""
    found: Reply | None = Reply.get_or_none(Reply.trigger == trigger)
    return found


def answered(triggers: Sequence[str]) -> set[str]:
    """Return the triggers that already have a reply."""
    query = Reply.select(Reply.trigger).where(Reply.trigger.in_(list(triggers)))
    return {str(row.trigger) for row in query}


def unsent(since: int) -> list[Reply]:
    """Return replies to messages since that time that were never noted as sent."""
    begun = Reply.state.in_(("claimed", "made")) & Reply.trigger.is_null(False)
    query = Reply.select().where(begun & (Reply.created >= since))
    return list(query.order_by(Reply.id))


def find_sent(message: str) -> Reply | None:
    """Find the reply that was sent as the Discord message with that id."""
    quoted = Reply.sent.cast("TEXT").contains(f'"{message}"')
    found: Reply | None = Reply.select().where(quoted).first()
    return found


def sources_of(reply: int) -> list[ReplySource]:
    """Return the source messages of a reply, the longest run first."""
    query = ReplySource.select().where(ReplySource.reply == reply)
    return list(query.order_by(ReplySource.words.desc(), ReplySource.id))


def seen_sources(reply: int, channels: Sequence[str]) -> set[int]:
    """Return a reply's source messages from channels with these Discord ids."""
    drawn = ReplySource.select(ReplySource.message).where(ReplySource.reply == reply)
    query = Message.select(Message.id).join(Channel)
    there = Message.id.in_(drawn) & Channel.discord_id.in_(list(channels))
    return {row for (row,) in tuples(query.where(there))}


def latest(
    guild: int | None = None, *, channel: int | None = None, limit: int = 50
) -> list[Reply]:
    """Return the newest replies, newest first."""
    query = Reply.select()
    if guild is not None:
        query = query.where(Reply.guild == guild)
    if channel is not None:
        query = query.where(Reply.channel == channel)
    return list(query.order_by(Reply.id.desc()).limit(limit))
