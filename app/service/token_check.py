"""Tests a bot token once, without connecting to the gateway."""

import re
from dataclasses import dataclass

import aiohttp

from app.core.invite_link import invite_url
from app.core.proxy import Proxy, for_aiohttp
from app.ipc.control import SecretTestReply
from app.ipc.wire import build

API_URL = "https://discord.com/api/v10"

TOKEN_HINT = (
    "Copy a new token from the Bot page of the Discord developer portal, and enter it"
    " with `mynah config set bot_token`."
)

OTHER_KINDS = (
    (re.compile(r"\d{15,21}"), "That is an application id."),
    (re.compile(r"[0-9a-f]{64}"), "That is an application's public key."),
    (re.compile(r"[\w-]{32}"), "That is a client secret."),
    (re.compile(r"mfa\..+"), "That is the token of a person's account."),
    (re.compile(r"https?://.+"), "That is a web address."),
)
"""Things that people enter in a bot token's place, by their form."""

IS_PUBLIC = (
    "Anybody may invite this bot to their server. Switch off “Public Bot” on the Bot"
    " page of the developer portal to keep it for yours."
)

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
    bot: bool = False


@dataclass(frozen=True)
class _Application:
    flags: int
    bot_public: bool = False


def hint_for(token: str) -> str:
    """Return what to do about a token that Discord refused."""
    for pattern, kind in OTHER_KINDS:
        if pattern.fullmatch(token.strip()):
            return f"{kind} {TOKEN_HINT}"
    return TOKEN_HINT


async def test_bot_token(
    token: str | None, proxy: Proxy | None = None
) -> SecretTestReply:
    """Ask Discord whose token it is."""
    if not token:
        return _bad(
            "There is no bot token.",
            "Enter it with `mynah config set bot_token`.",
        )
    try:
        me, application = await _look_up(token, proxy)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return _failed(error, token)
    if not me.bot:
        return _bad("This token belongs to a person's account.", TOKEN_HINT)
    reads = application.flags & MESSAGE_CONTENT
    detail = f"This is the token of {me.username}"
    return SecretTestReply(
        ok=bool(reads),
        detail=f"{detail}." if reads else f"{detail}, which may not read messages.",
        hint=(IS_PUBLIC if application.bot_public else "") if reads else INTENT,
        invite=invite_url(me.id),
    )


async def _look_up(token: str, proxy: Proxy | None) -> tuple[_Account, _Application]:
    """Return the account and the application that Discord knows a token by."""
    timeout = aiohttp.ClientTimeout(total=10)
    headers = {"Authorization": f"Bot {token}"}
    async with aiohttp.ClientSession(
        timeout=timeout, headers=headers, proxy=for_aiohttp(proxy)
    ) as session:
        me = build(_Account, await _ask(session, "/users/@me"))
        path = "/oauth2/applications/@me"
        return me, build(_Application, await _ask(session, path))


def _failed(error: Exception, token: str) -> SecretTestReply:
    """Tell why Discord could not be asked, or refused."""
    if isinstance(
        error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError
    ):
        return _bad(
            "The proxy on the way to Discord does not let Mynah through.",
            "Check bot.proxy, or enter the login with"
            " `mynah config set discord_proxy_login`.",
        )
    if isinstance(error, aiohttp.ClientResponseError):
        if error.status == 401:
            return _bad("Discord refused the bot token.", hint_for(token))
        return _bad(f"Discord answered with {error.status}.", "Try again later.")
    if isinstance(error, ValueError):
        detail = "Something else answers in Discord's place."
        return _bad(detail, "Sign in to this network, or check the proxy.")
    return _bad("Discord cannot be reached.", "Check the internet connection.")


async def _ask(session: aiohttp.ClientSession, path: str) -> object:
    async with session.get(API_URL + path) as answer:
        answer.raise_for_status()
        body: object = await answer.json(content_type=None)
        return body


def _bad(detail: str, hint: str) -> SecretTestReply:
    return SecretTestReply(False, detail, hint)
