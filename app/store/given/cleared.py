"""Deletes all that one feature stored for a guild, wherever it is."""

from collections.abc import Callable, Mapping

from app.core.names import GuildId
from app.store import conversations, forgetting, members
from app.store.comparisons import GUESSES
from app.store.database import tuples, write
from app.store.given import lore
from app.store.reply import outcomes
from app.store.tables import (
    Comparison,
    LoreEntry,
    Member,
    MemberFact,
    Reply,
    Snapshot,
)


@write
def lorebook(guild: GuildId) -> int:
    """Delete every entry, in snapshots and in notes of replies as well."""
    count = LoreEntry.select().where(LoreEntry.guild == guild).count()
    lore.remove_all(guild)
    Snapshot.update(lore=[]).where(Snapshot.guild == guild).execute()
    outcomes.drop_notes(guild, outcomes.LORE_NOTE)
    return count


@write
def facts(guild: GuildId) -> int:
    """Delete what all members told; it stays read, so it does not come back."""
    here = Member.select(Member.id).where(Member.guild == guild)
    return int(MemberFact.delete().where(MemberFact.member.in_(here)).execute())


@write
def summaries(guild: GuildId) -> int:
    """Delete the summaries, in notes of replies to hosts as well."""
    count = conversations.drop_all_summaries(guild)
    outcomes.drop_notes(guild, outcomes.SUMMARY_NOTE)
    return count


@write
def guesses(guild: GuildId) -> int:
    """Delete the guesses of games, and the lines that were made for them."""
    forgetting.delete_replies(guild, GUESSES)
    played = Reply.select(Reply.id).where(Reply.reason == GUESSES)
    here = (Comparison.guild == guild) & Comparison.first.in_(played)
    return int(Comparison.delete().where(here).execute())


@write
def consents(guild: GuildId) -> int:
    """Take back the members' consents to be imitated, as if each had said no."""
    here = (Member.guild == guild) & Member.allows_voice
    authors = [author for (author,) in tuples(Member.select(Member.author).where(here))]
    for author in authors:
        members.set_allows_voice(guild, author, False)
    return len(authors)


@write
def characters(guild: GuildId) -> None:
    """Take the characters, which are deleted, out of the snapshots."""
    Snapshot.update(characters=[]).where(Snapshot.guild == guild).execute()


CLEARED: Mapping[str, Callable[[GuildId], int]] = {
    "context.lore": lorebook,
    "memory.people": facts,
    "context.summary": summaries,
    "games.whosaid": guesses,
    "speak.imitate": consents,
}
"""Functions that delete the rows of a feature, by the setting that switches it."""
