"""Members who agreed that the bot speaks like them, and the replies that do."""

from collections.abc import Sequence

from app.core.names import GuildId
from app.store import audience, rows, voice_changes
from app.store.authors import people_of
from app.store.database import tuples, write
from app.store.replies import NO_WORDS
from app.store.rows import StoredMember
from app.store.tables import Member, Message, Reply, ReplySource

MOST_RUNS = 3000
"""The newest runs of a member's messages to speak from; each token costs by them."""


def agreed(guild: GuildId) -> list[StoredMember]:
    """Return the members who agreed that the bot speaks like them."""
    here = (Member.guild == guild) & Member.allows_voice & ~Member.has_opted_out
    named = Member.select().where(here & (Member.name != ""))
    return rows.all_of(StoredMember, named.order_by(Member.id))


@write
def begin(reply: int, author: str) -> bool:
    """Note that a reply speaks like a member (hash); False if they do not agree."""
    row = Reply.get_or_none((Reply.id == reply) & (Reply.state != "forgotten"))
    if row is None or not agrees(GuildId(row.guild_id), author):
        return False
    Reply.update(imitates=author).where(Reply.id == reply).execute()
    return True


def agrees(guild: GuildId, author: str) -> bool:
    """Return whether a member (hash) agreed that the bot speaks like them."""
    return any(one.author == author for one in agreed(guild))


@write
def end(guild: GuildId, author: str) -> None:
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


def spans_of(
    guild: GuildId,
    author: str,
    channel: int | None,
    *,
    is_private: bool,
    within: Sequence[tuple[int, int]] | None = None,
) -> tuple[tuple[int, int], ...]:
    """Return the rows of a member's (hash) messages, as (first, last) of each run.

    Args:
        channel: Only what may be said there counts.
        is_private: Only the owner hears it, so that all of it counts.
        within: Runs of the only rows that count, ascending; None means all.
    """
    people = Member.author.in_(people_of(guild, author))
    mine = Member.select(Member.id).where((Member.guild == guild) & people)
    chosen = voice_changes.belongs(guild) & Message.member.in_(mine)
    speakable = None if is_private else audience.speakable_channels(guild, channel)
    if speakable is not None:
        chosen &= Message.channel.in_(sorted(speakable))
    spans: list[tuple[int, int]] = []
    query = Message.select(Message.id).where(chosen).order_by(Message.id)
    for (row,) in tuples(query):
        if within is not None and not any(a <= row <= b for a, b in within):
            continue
        is_next = bool(spans) and spans[-1][1] == row - 1
        first = spans.pop()[0] if is_next else row
        spans.append((first, row))
    return tuple(spans[-MOST_RUNS:])
