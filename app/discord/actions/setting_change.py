"""Changes a setting for somebody who asks on Discord, or asks whether they agree."""

from typing import TYPE_CHECKING

import discord

from app.discord import answers
from app.discord.permissions import is_owner, require_manager
from app.discord.texts import AGREE_AGAIN, setting_lines
from app.settings import owner_rules
from app.settings.consent import ConsentError

if TYPE_CHECKING:
    from app.discord.client import MynahBot


async def change_setting(
    bot: "MynahBot",
    context: discord.ApplicationContext,
    key: str,
    value: str | None,
    *,
    channel_only: bool = False,
    everywhere: bool = False,
    agreed: bool = False,
) -> None:
    """Set a value for the server, or with None reset it, and answer the command.

    Args:
        channel_only: Only for the channel of the command.
        everywhere: For every server, which is answered to the person alone.
        agreed: The person agreed that messages leave the owner's computer.

    Raises:
        CheckFailure: If the person may not change settings.
        AppError: If the key or the value does not fit, or only the owner may do this.
    """
    require_manager(context.author, bot.settings)
    by_owner = is_owner(context.author, bot.settings)
    owner_rules.check_change(key, is_owner=by_owner, everywhere=everywhere)
    if not context.response.is_done():
        await context.defer(ephemeral=everywhere)
    try:
        changed = await bot.ports.guilds.change_setting(
            answers.place_here(context), key, value,
            channel_only=channel_only, everywhere=everywhere, agreed=agreed,
            is_owner=by_owner,
        )  # fmt: skip
    except ConsentError as error:
        await answers.respond(context, AGREE_AGAIN.format(question=error.message))
        return
    await answers.respond(context, f"Now {setting_lines([changed])[0]}.")
