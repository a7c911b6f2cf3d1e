"""Tests a bot token once, without connecting to the gateway."""

from dataclasses import dataclass

import aiohttp

from app.ipc.control import SecretTestReply
from app.ipc.wire import build
from app.service.invite_link import invite_url

API_URL = "https://discord.com/api/v10"

PORTAL = "Copy the token again from the Bot page of the Discord developer portal."

INTENT = (
    "Switch on the Message Content Intent on the Bot page of the developer portal;"
    " without it the bot only answers mentions and learns nothing."
)

MESSAGE_CONTENT = 1 << 18 | 1 << 19
"""Flags of an application that may read messages: large one, small one."""


@dataclass(frozen=True)
class _Account:
    id: str
    username: str


@dataclass(frozen=True)
class _Application:
    flags: int


async def test_bot_token(token: str | None) -> SecretTestReply:
    """Ask Discord whose token it is."""
    if not token:
        return _bad(
            "There is no bot token.",
            "Enter it with `mynah config set bot_token`.",
        )
    timeout = aiohttp.ClientTimeout(total=10)
    headers = {"Authorization": f"Bot {token}"}
    try:
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            me = build(_Account, await _ask(session, "/users/@me"))
            path = "/oauth2/applications/@me"
            application = build(_Application, await _ask(session, path))
    except aiohttp.ClientResponseError as error:
        if error.status == 401:
            return _bad("Discord refused the bot token.", PORTAL)
        return _bad(f"Discord answered with {error.status}.", "Try again later.")
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return _bad("Discord cannot be reached.", "Check the internet connection.")
    reads = application.flags & MESSAGE_CONTENT
    detail = f"This is the token of {me.username}"
    return SecretTestReply(
        ok=bool(reads),
        detail=f"{detail}." if reads else f"{detail}, which may not read messages.",
        hint="" if reads else INTENT,
        invite=invite_url(me.id),
    )


async def _ask(session: aiohttp.ClientSession, path: str) -> object:
    async with session.get(API_URL + path) as answer:
        answer.raise_for_status()
        body: object = await answer.json(content_type=None)
        return body


def _bad(detail: str, hint: str) -> SecretTestReply:
    return SecretTestReply(False, detail, hint)
