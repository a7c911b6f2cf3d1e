"""Replies, with everything that explains them."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from peewee import IntegrityError

from app.core.explanation import DrawnMessage, Explanation, QuotedMessage, TokenCounts
from app.core.labels import is_host
from app.core.names import GuildId
from app.store import (
    audience,
    feedback,
    messages,
    rows,
    tombstones,
    usage,
    voice_changes,
)
from app.store.authors import people_of
from app.store.database import bound, tuples, write
from app.store.rows import StoredMessage, StoredReply
from app.store.statements import BATCH
from app.store.tables import (
    Channel,
    Conversation,
    Member,
    Message,
    Reply,
    ReplySource,
    SentMessage,
)

Fields = Mapping[str, Any]
"""Columns of a reply with their new values."""

NO_WORDS: Fields = {
    "text": "",
    "turns": [],
    "recalled": [],
    "shares": [],
    "notes": [],
    "rungs": [],
    "summary_of": None,
}
"""All that may hold words of a reply or lead to them, emptied."""


class SourceMessage(NamedTuple):
    """A source message of a reply, and the longest run of words taken from it."""

    message: int
    words: int = 0
    run: str = ""


REFUSED = "Discord refused it: "
"""The beginning of a note with the reason."""

LORE_NOTE, SUMMARY_NOTE = "the lorebook told it", "sent as a summary"
"""The beginnings of notes that name lore, and that repeat a summary."""

FAILED = "an error stopped it; the log has the reason"
"""The note on a reply that could not be made."""


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
    row = Reply.get_or_none(Reply.id == reply)
    if row is None:
        return None
    same = Reply.id == reply
    if row.state == "forgotten" or _is_trigger_gone(row):
        Reply.update(state="forgotten", recalled=[]).where(same).execute()
        return None
    drawn = sources or ()
    heard = [*(source.message for source in drawn), *fields.get("recalled", ())]
    is_hidden = is_said and not _may_hear(row, heard)
    known = _named(fields, drawn).union(overheard)
    if is_hidden or _went(row, known) or _has_lost_summary(fields):
        # The row stays claimed, so that the reply can be made once more.
        Reply.update(recalled=[]).where(same).execute()
        return None
    Reply.update(**fields).where(Reply.id == reply).execute()
    if sources is not None:
        # An earlier line of the same reply may have been refused.
        ReplySource.delete().where(ReplySource.reply == reply).execute()
    _add_sources(reply, drawn)
    return _with_files([source.message for source in drawn if source.words])


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
    known = _named(fields, sources).union(overheard)
    if len(_still_there(known)) < len(known) or _has_lost_summary(fields):
        return None
    if _is_unwanted(guild, fields):
        return None
    made = int(time.time() * 1000)
    reply = Reply.create(guild=guild, created=made, **fields)
    _add_sources(reply.id, sources)
    return int(reply.id)


def _named(fields: Fields, sources: Sequence[SourceMessage]) -> set[int]:
    """The rows of all messages that a reply is to name."""
    named = {source.message for source in sources} | {*fields.get("recalled", ())}
    return named | {turn[2] for turn in fields.get("turns", ()) if turn[2] is not None}


def _add_sources(reply: int, sources: Sequence[SourceMessage]) -> None:
    rows = [{"reply": reply, **source._asdict()} for source in sources]
    if rows:
        ReplySource.insert_many(rows).execute()


def _with_files(rows: Sequence[int]) -> list[tuple[int, int]]:
    query = Message.select(Message.id, Channel.discord_id, Message.external)
    query = query.join(Channel).where(Message.id.in_(messages.with_files(rows)))
    places = {
        row: (int(channel), int(message))
        for row, channel, message in tuples(query)
        if channel is not None and message.isdigit()
    }
    return [places[row] for row in rows if row in places]


def _went(row: Reply, named: set[int]) -> bool:
    """Tell if a message (by row) that a reply names changed or went."""
    if row.state == "claimed" and not named.isdisjoint(row.recalled):
        # While a reply is written, that is what changed meanwhile.
        return True
    return len(_still_there(named)) < len(named)


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


def _may_hear(row: Reply, sources: Sequence[int]) -> bool:
    """Tell if everyone in a reply's channel may hear those messages (by row)."""
    speakable = audience.speakable_channels(row.guild_id, row.channel_id)
    if speakable is None:
        return True
    for start in range(0, len(sources), BATCH):
        here = Message.id.in_(list(sources[start : start + BATCH]))
        query = Message.select(Message.channel).where(here).distinct()
        if any(channel not in speakable for (channel,) in tuples(query)):
            return False
    return True


def _is_trigger_gone(row: Reply) -> bool:
    asked = [one for one in (row.trigger, row.answers) if one is not None]
    return any(tombstones.is_buried(row.guild_id, one) for one in asked)


def _still_there(asked_rows: Collection[int]) -> set[int]:
    """Those messages that are stored, of authors who did not opt out."""
    asked, found = list(asked_rows), set[int]()
    for start in range(0, len(asked), BATCH):
        here = Message.id.in_(asked[start : start + BATCH])
        query = Message.select(Message.id).join(Member)
        query = query.where(here & ~Member.has_opted_out)
        found.update(row for (row,) in tuples(query))
    return found


def is_forgotten(reply: int) -> bool:
    """Tell if the reply's words were taken out for good."""
    same = (Reply.id == reply) & (Reply.state == "forgotten")
    return bool(Reply.select().where(same).exists())


def has_words(reply: int) -> bool:
    """Tell if the reply may be sent: it is made, and nothing took its words out."""
    there = (Reply.id == reply) & (Reply.text != "")
    return bool(Reply.select().where(there).exists())


@write
def may_send(reply: int) -> bool:
    """Tell if a reply has words, and everyone in its channel may hear its sources.

    If they may not, it loses its words and can be made again; a draft keeps them.
    """
    row = Reply.get_or_none((Reply.id == reply) & (Reply.text != ""))
    if row is None:
        return False
    drawn = [source.message for source in sources_of(reply)]
    if _may_hear(row, [*drawn, *row.recalled]):
        return True
    take_words(reply)
    return False


@write
def take_words(reply: int) -> None:
    """Empty a reply that must not be sent, so that it can be made again."""
    row = Reply.get_or_none((Reply.id == reply) & (Reply.state == "made"))
    if row is not None:
        ReplySource.delete().where(ReplySource.reply == reply).execute()
        emptied = Reply.update(state="claimed", **NO_WORDS)
        emptied.where(Reply.id == reply).execute()


@write
def note_imitation(reply: int, author: str) -> None:
    """Note that a reply speaks like a member (hash)."""
    Reply.update(imitates=author).where(Reply.id == reply).execute()


@write
def end_imitations(guild: GuildId, author: str) -> None:
    """Take the words out of what speaks like a member (hash) and is not sent yet."""
    mine = (Reply.guild == guild) & (Reply.imitates == author)
    begun = mine & Reply.state.in_(("claimed", "made", "draft"))
    found = [row for (row,) in tuples(Reply.select(Reply.id).where(begun))]
    for reply in found:
        ReplySource.delete().where(ReplySource.reply == reply).execute()
        emptied = Reply.update(state="forgotten", **NO_WORDS)
        emptied.where(Reply.id == reply).execute()
    if found:
        voice_changes.note(guild, [voice_changes.OTHER_WORDS])


@write
def drop_notes(guild: GuildId, start: str) -> None:
    """Take the notes that begin so out of a guild's replies."""
    for row in Reply.select(Reply.id, Reply.notes).where(Reply.guild == guild):
        kept = [note for note in row.notes if not note.startswith(start)]
        if len(kept) < len(row.notes):
            Reply.update(notes=kept).where(Reply.id == row.id).execute()


@write
def note_sent(reply: int, sent: Sequence[str]) -> bool:
    """Note the ids under which a reply was sent; False if its words went meanwhile."""
    is_whole = has_words(reply)
    set_state(reply, "sent" if is_whole else "forgotten", sent)
    row = None if is_whole else get(reply)
    if row is not None:
        tombstones.bury(row.guild_id, sent, by_owner=True)
    return is_whole


@write
def note_stage(reply: int, name: str, ms: float) -> None:
    """Add what was done with a reply after it was made to its times."""
    row = get(reply)
    if row is not None:
        total = row.timings.get("total", 0.0) + ms
        timings = row.timings | {name: round(ms, 2), "total": round(total, 2)}
        Reply.update(timings=timings).where(Reply.id == reply).execute()


@write
def note_replaced(reply: int, messages: Sequence[str]) -> None:
    """Note that these messages show another reply; opinions of the old one stay."""
    row = get(reply)
    if row is not None:
        kept = [one for one in row.sent if one in messages]
        set_state(reply, "replaced", kept)


@write
def set_state(reply: int, state: str, sent: Sequence[str] | None = None) -> None:
    """Store the outcome of a reply, and the ids of its sent messages.

    One that was forgotten stays so.
    """
    fields: dict[str, object] = {} if is_forgotten(reply) else {"state": state}
    if sent is not None:
        fields["sent"] = list(sent)
    if fields:
        Reply.update(**fields).where(Reply.id == reply).execute()
    if sent is not None:
        SentMessage.delete().where(SentMessage.reply == reply).execute()
        rows = [{"reply": reply, "message": one} for one in dict.fromkeys(sent)]
        if rows:
            SentMessage.insert_many(rows).execute()


@write
def note_shown(
    guild: GuildId,
    channel: int,
    message: str,
    sources: Sequence[int],
    lines: Sequence[int] = (),
) -> bool:
    """Note an answer that quotes members, so that it goes when their words do.

    Its own words are not stored.

    Args:
        message: Discord's id of the answer.
        sources: Rows of the messages that it quotes.
        lines: Rows of replies that it shows as well; it goes with what they drew on.

    Returns:
        False if some of it was forgotten meanwhile.
    """
    reply = claim(guild, channel, "command")
    if reply is None:
        return False
    heard = set[int]()
    for row in Reply.select().where(Reply.id.in_(list(lines))):
        fields = {"recalled": row.recalled, "turns": row.turns}
        heard |= _named(fields, sources_of(row.id))
    is_there = all(has_words(line) for line in lines)
    fields = {"text": "", "recalled": sorted(_still_there(heard))}
    drawn = [SourceMessage(source, 1) for source in sources]
    if not is_there or finish(reply, fields, drawn) is None:
        Reply.delete().where(Reply.id == reply).execute()
        return False
    set_state(reply, "shown", [message])
    return True


@write
def note_refused(reply: int, reason: str) -> None:
    """Note that Discord took no part of a reply, and why."""
    row = Reply.get_or_none(Reply.id == reply)
    if row is None or row.state == "forgotten":
        return
    notes = [*(row.notes or []), REFUSED + reason]
    Reply.update(state="refused", notes=notes).where(Reply.id == reply).execute()


@write
def note_failed(reply: int) -> None:
    """Note that an error ended the making of a reply."""
    there = (Reply.id == reply) & (Reply.state != "forgotten")
    Reply.update(state="failed", notes=[FAILED]).where(there).execute()


@write
def note_silence(reply: int, note: str) -> None:
    """Note that a reply is not made, and why."""
    there = (Reply.id == reply) & (Reply.state != "forgotten")
    Reply.update(state="silent", notes=[note]).where(there).execute()


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


def sources_of(reply: int) -> list[SourceMessage]:
    """Return the source messages of a reply, the longest run first."""
    columns = (ReplySource.message, ReplySource.words, ReplySource.run)
    query = ReplySource.select(*columns).where(ReplySource.reply == reply)
    longest = query.order_by(ReplySource.words.desc(), ReplySource.id)
    return [SourceMessage(*row) for row in tuples(longest)]


def source_channels(reply: int) -> set[str]:
    """Return Discord's ids of the channels that a reply drew on."""
    drawn = ReplySource.select(ReplySource.message).where(ReplySource.reply == reply)
    query = Message.select(Channel.discord_id).join(Channel).distinct()
    there = Message.id.in_(drawn) & Channel.discord_id.is_null(False)
    return {channel for (channel,) in tuples(query.where(there))}


def seen_sources(reply: int, channels: Sequence[str]) -> set[int]:
    """Return a reply's source messages from channels with these Discord ids."""
    drawn = ReplySource.select(ReplySource.message).where(ReplySource.reply == reply)
    query = Message.select(Message.id).join(Channel)
    there = Message.id.in_(drawn) & Channel.discord_id.in_(list(channels))
    return {row for (row,) in tuples(query.where(there))}


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


def explained(reply: int) -> Explanation | None:
    """Return all that is kept of a reply, with those of its messages that exist."""
    row = get(reply)
    if row is None:
        return None
    sources = sources_of(reply)
    sent = usage.of_reply(reply) if is_host(row.provider) else None
    named = {*(source.message for source in sources), *row.recalled}
    found = {message.id: message for message in messages.by_rows(sorted(named))}
    return Explanation(
        id=row.id,
        guild=row.guild_id,
        channel=row.channel_id,
        created=row.created,
        reason=row.reason,
        state=row.state,
        text=row.text,
        mode=row.mode,
        provider=row.provider,
        model=row.model,
        dial=row.dial,
        arm=row.arm,
        rungs=row.rungs,
        recalled=row.recalled,
        filled=row.filled,
        shares=row.shares,
        notes=row.notes,
        timings=row.timings,
        tokens=TokenCounts(row.prompt_tokens, row.cached_tokens, row.completion_tokens),
        cost=row.cost,
        rating=feedback.rating(reply),
        sources=[
            drawn(found[source.message], source.words, source.run)
            for source in sources
            if source.message in found
        ],
        turns=[[turn.speaker or "someone", turn.text] for turn in row.turns],
        host=sent.host if sent else "",
        reach=sent.reach if sent else "",
        moments=[
            _quoted(found[message]) for message in row.recalled if message in found
        ],
    )


def drawn(message: StoredMessage, words: int, run: str) -> DrawnMessage:
    """Return a message as a source of a reply, with the words taken from it."""
    return DrawnMessage(
        message.external, message.name, message.text, message.id, words, run
    )


def _quoted(message: StoredMessage) -> QuotedMessage:
    return QuotedMessage(message.external, message.name, message.text, message.id)
