"""The outcome of a reply: sent, replaced, silent, refused, or without its words."""

from collections.abc import Sequence

from app.core.names import GuildId
from app.store import replies, tombstones, voice_changes
from app.store.database import tuples, write
from app.store.reply import reply_sources
from app.store.reply.reply_sources import Fields, SourceMessage
from app.store.tables import Reply, ReplySource, SentMessage

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

REFUSED = "Discord refused it: "
"""The beginning of a note with the reason."""

LORE_NOTE, SUMMARY_NOTE = "the lorebook told it", "sent as a summary"
"""The beginnings of notes that name lore, and that repeat a summary."""

FAILED = "an error stopped it; the log has the reason"
"""The note on a reply that could not be made."""


@write
def may_send(reply: int) -> bool:
    """Tell if a reply has words, and everyone in its channel may hear its sources.

    If they may not, it loses its words and can be made again; a draft keeps them.
    """
    row = Reply.get_or_none((Reply.id == reply) & (Reply.text != ""))
    if row is None:
        return False
    drawn = [source.message for source in reply_sources.sources_of(reply)]
    if reply_sources.may_hear(row, [*drawn, *row.recalled]):
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
    is_whole = replies.has_words(reply)
    set_state(reply, "sent" if is_whole else "forgotten", sent)
    row = None if is_whole else replies.get(reply)
    if row is not None:
        tombstones.bury(row.guild_id, sent, by_owner=True)
    return is_whole


@write
def note_stage(reply: int, name: str, ms: float) -> None:
    """Add what was done with a reply after it was made to its times."""
    row = replies.get(reply)
    if row is not None:
        total = row.timings.get("total", 0.0) + ms
        timings = row.timings | {name: round(ms, 2), "total": round(total, 2)}
        Reply.update(timings=timings).where(Reply.id == reply).execute()


@write
def note_replaced(reply: int, messages: Sequence[str]) -> None:
    """Note that these messages show another reply; opinions of the old one stay."""
    row = replies.get(reply)
    if row is not None:
        kept = [one for one in row.sent if one in messages]
        set_state(reply, "replaced", kept)


@write
def set_state(reply: int, state: str, sent: Sequence[str] | None = None) -> None:
    """Store the outcome of a reply, and the ids of its sent messages.

    One that was forgotten stays so.
    """
    fields: dict[str, object] = {} if replies.is_forgotten(reply) else {"state": state}
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
    reply = replies.claim(guild, channel, "command")
    if reply is None:
        return False
    heard = set[int]()
    for row in Reply.select().where(Reply.id.in_(list(lines))):
        fields = {"recalled": row.recalled, "turns": row.turns}
        heard |= reply_sources.named(fields, reply_sources.sources_of(row.id))
    is_there = all(replies.has_words(line) for line in lines)
    fields = {"text": "", "recalled": sorted(reply_sources.still_there(heard))}
    drawn = [SourceMessage(source, 1) for source in sources]
    if not is_there or replies.finish(reply, fields, drawn) is None:
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
