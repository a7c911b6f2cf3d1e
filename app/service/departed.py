"""Guilds that the bot was removed from, and the grace time after that."""

import time

from app.core.time_units import DAY_MS
from app.service.app_context import AppContext
from app.store import forgetting, guilds


async def delete_after_grace(context: AppContext) -> None:
    """Delete the guilds that the bot left long enough ago."""
    now_ms = int(time.time() * 1000)
    days = context.settings.home.bot.keep_days_after_leaving
    if not days:
        return
    left = guilds.left_before
    for one in await context.database.run(left, now_ms - days * DAY_MS):
        await context.forgetter.forget_everything(one.id)
        await context.database.run(forgetting.delete_guild, one.id)
        context.settings.drop(one.id)
