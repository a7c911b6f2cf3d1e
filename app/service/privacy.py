"""Members' wishes for their own messages, whoever passes them on."""

import json
import time

from app.service.app_context import AppContext
from app.service.voice_keeper import Forgotten
from app.store import feedback, members, tombstones


async def opt_out(
    context: AppContext, guild: int, author_id: str, author: str
) -> Forgotten:
    """Learn nothing of a member from now on, and forget what there is.

    Args:
        author_id: As Discord or a file has it.
        author: The hash of that.
    """
    await context.database.run(members.set_opted_out, guild, author, True)
    return await context.voices.forget_author(guild, author_id, by_owner=False)


async def opt_in(context: AppContext, guild: int, author: str) -> None:
    """Learn from a member (hash) again; what they wrote meanwhile stays out."""
    run = context.database.run
    if author not in await run(members.opted_out, guild):
        return
    now_ms = int(time.time() * 1000)
    await run(tombstones.bury_author, guild, author, now_ms, by_owner=False)
    await run(members.set_opted_out, guild, author, False)


async def export(context: AppContext, guild: int, author: str) -> bytes:
    """All that is stored about a member (hash), as JSON Lines."""
    rows = await context.reader.run(members.messages_of, guild, author)
    rows += await context.reader.run(feedback.by_author, guild, author)
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in rows).encode()
