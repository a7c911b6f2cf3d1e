"""Members' wishes for their own messages, and the end of what a server left behind."""

import json
import time
from dataclasses import replace

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.service import receipt
from app.service.app_context import AppContext
from app.service.voices.forgetter import Forgotten
from app.store import feedback, forgetting, guilds, members, tombstones
from app.store.given import facts
from app.store.given.member_facts import title


async def opt_out(context: AppContext, guild: GuildId, author: str) -> Forgotten:
    """Learn nothing of a member (hash) from now on, and forget what there is."""
    await context.database.run(members.set_opted_out, guild, author, True)
    return await forget(context, guild, author)


async def forget(
    context: AppContext,
    guild: GuildId,
    author: str,
    *,
    since_ms: int = 0,
    by_owner: bool = False,
) -> Forgotten:
    """Forget a member's (hash) messages everywhere, then search the home for them.

    The rest is as in `Forgetter.forget_member`.
    """
    of_author = forgetting.rows_of_author
    rows = await context.database.run(of_author, guild, author, since_ms)
    texts = await receipt.texts_of(context, guild, rows)
    done = await context.forgetter.forget_member(
        guild, author, since_ms=since_ms, by_owner=by_owner
    )
    if not texts:
        return done
    return replace(done, receipt=await receipt.prove(context, texts))


async def opt_in(context: AppContext, guild: GuildId, author: str) -> None:
    """Learn from a member (hash) again; what they wrote meanwhile stays out."""
    run = context.database.run
    if author not in await run(members.opted_out, guild):
        return
    now_ms = int(time.time() * 1000)
    await run(tombstones.bury_author, guild, author, now_ms, by_owner=False)
    await run(members.set_opted_out, guild, author, False)


async def export(context: AppContext, guild: GuildId, author: str) -> bytes:
    """All that is stored about a member (hash), as JSON Lines."""
    rows = await context.reader.run(members.messages_of, guild, author)
    rows += await context.reader.run(feedback.by_author, guild, author)
    rows += await context.reader.run(members.wishes, guild, author)
    for one in await context.reader.run(facts.of, guild, author):
        rows.append({"fact": title(one.kind), "value": one.value})
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in rows).encode()


async def delete_after_grace(context: AppContext) -> None:
    """Delete the guilds that the bot left long enough ago."""
    now_ms = int(time.time() * 1000)
    days = context.settings.home.bot.keep_days_after_leaving
    if not days:
        return
    left = guilds.left_before
    for one in await context.database.run(left, now_ms - days * DAY_MS):
        if not await context.held.holds(one.id):
            continue
        await context.forgetter.forget_everything(one.id)
        await context.database.run(forgetting.delete_guild, one.id)
        context.settings.drop(one.id)
        await context.lorebooks.look_again(one.id)
        await context.cast.look_again(one.id)
