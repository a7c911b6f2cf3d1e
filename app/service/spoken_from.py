"""The part of a server that a reply speaks from: a time, or a member who agreed."""

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.time_units import start_of
from app.replies.request import Like, Past
from app.service.app_context import AppContext
from app.store import members, voice_changes

IMITATING = ("like", "duet")
"""The reasons of replies that speak like a member."""


async def past_of(context: AppContext, guild: GuildId, before: str) -> Past | None:
    """Return a guild as it was before a day; None for an empty text.

    Raises:
        UsageError: If it is no day, or nothing was written before it.
    """
    if not before:
        return None
    end = start_of(before)
    spans = await context.reader.run(voice_changes.spans_before, guild, end)
    if not spans:
        raise UsageError(
            f"Nothing is learned from before {before}.", "Try a later day."
        )
    return Past(end, spans)


async def like_of(
    context: AppContext,
    guild: GuildId,
    author: str,
    *,
    channel: int | None = None,
    is_private: bool = False,
    past: Past | None = None,
) -> Like:
    """Return how to speak like a member (hash); see `voice_changes.spans_of_author`.

    Raises:
        UsageError: If the server or the member does not allow it, or nothing is known.
    """
    if not (await context.settings.of(guild)).speak.imitate:
        raise UsageError(
            "This server speaks like no single member.", "Turn on `speak.imitate`."
        )
    agreed = await context.database.run(members.imitable, guild)
    found = next((one for one in agreed if one.author == author), None)
    if found is None:
        raise UsageError(
            "That member has not agreed that I speak like them.",
            "They agree with `/privacy voice`.",
        )
    # All messages of the guild are looked at, which must hold nobody else up.
    spans = await context.reader.run(
        voice_changes.spans_of_author, guild, author, channel, is_private=is_private,
        within=past.spans if past else None,
    )  # fmt: skip
    if not spans:
        raise UsageError("I know no message of theirs that may be heard here.")
    return Like(author, found.name, spans)


async def like_named(
    context: AppContext, guild: GuildId, name: str, past: Past | None
) -> Like | None:
    """Return how to speak like a member of that name; None for an empty name.

    Raises:
        UsageError: As `like_of`, or if no member of that name agreed.
    """
    if not name:
        return None
    agreed = await context.database.run(members.imitable, guild)
    wanted = name.casefold()
    authors = [one.author for one in agreed if one.name.casefold() == wanted]
    author = authors[0] if authors else ""
    return await like_of(context, guild, author, is_private=True, past=past)
