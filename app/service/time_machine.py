"""The past of a server that a reply speaks from."""

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.time_units import start_of
from app.replies.request import Past
from app.service.app_context import AppContext
from app.store import voice_changes


async def past_of(context: AppContext, guild: GuildId, before: str) -> Past | None:
    """Return a guild as it was before a day; None for an empty text.

    Raises:
        UsageError: If it is no day, or nothing was written before it.
    """
    if not before:
        return None
    end = start_of(before)
    spans = await context.database.run(voice_changes.spans_before, guild, end)
    if not spans:
        raise UsageError(
            f"Nothing is learned from before {before}.", "Try a later day."
        )
    return Past(end, spans)
