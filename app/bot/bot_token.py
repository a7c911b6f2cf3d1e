"""Tries a bot token once, without connecting to the gateway."""

import aiohttp
from discord.http import Route

from app.bot.parts import Json

INVITE = (
    "https://discord.com/oauth2/authorize?client_id={id}"
    "&scope=bot%20applications.commands&permissions=277025507392"
)
PORTAL = "Copy the token anew from the Bot page of the Discord developer portal."


async def test_bot_token(token: str | None) -> Json:
    """Ask Discord whose token it is: `ok`, `detail`, `hint`, `invite`."""
    if not token:
        return _bad("No bot token is kept.", "Enter it with `mynah config set`.")
    timeout = aiohttp.ClientTimeout(total=10)
    headers = {"Authorization": f"Bot {token}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(Route("GET", "/users/@me").url, headers=headers) as answer,
        ):
            body = await answer.json(content_type=None)
            if answer.status == 401:
                return _bad("Discord refused the bot token.", PORTAL)
            if answer.status != 200:
                return _bad(f"Discord answered with {answer.status}.", "Try later.")
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return _bad("Discord cannot be reached.", "Check the internet connection.")
    return {
        "ok": True,
        "detail": f"It is the token of {body['username']}.",
        "hint": "",
        "invite": INVITE.format(id=body["id"]),
    }


def _bad(detail: str, hint: str) -> Json:
    return {"ok": False, "detail": detail, "hint": hint}
