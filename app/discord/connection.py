"""The connection to Discord: one client after another, with their state."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
import discord
from discord.http import Route

from app.core.proxy import for_aiohttp
from app.core.supervisor import outcome_of
from app.discord.client import (
    Client,
    IdentifyRefusedError,
    NotABotError,
    client_options,
)
from app.discord.cogs import COGS
from app.discord.library_rules import NotDiscordError
from app.discord.liveness import DeafError, Liveness
from app.discord.sharded_client import ShardedClient
from app.discord.surroundings import ConnectionState, Surroundings
from app.service.token_check import TOKEN_HINT, hint_for

log = logging.getLogger(__name__)

FINAL_CODES = (4010, 4012, 4013)
"""Close codes after which another try is no use; Discord says so of no others here."""

PROXY_LOGIN = 407
"""The status of a proxy that wants another login (RFC 9110, section 15.5.8)."""

FEWEST_IDENTIFIES_LEFT = 10
"""The number of remaining sessions below which the bot waits for the reset."""


class NeedsShardsError(Exception):
    """Discord asks for more than one shard."""


class DiscordLink:
    """Keeps one client connected, and stops where another try would do harm."""

    def __init__(
        self,
        token: str,
        surroundings: Surroundings,
        on_state: Callable[[ConnectionState], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._token = token
        self._surroundings = surroundings
        self._on_state = on_state
        self._sleep = sleep
        self._has_content = True
        self._is_sharded = not surroundings.shards.are_all
        self._told = ConnectionState("offline")
        self._liveness: Liveness | None = None
        self.client: Client | ShardedClient | None = None

    @property
    def state(self) -> ConnectionState:
        """The state by what was told last, and by what comes through the socket."""
        silent = self._liveness.silent_seconds() if self._liveness else float("inf")
        if self._told.name != "online" or silent < self._surroundings.pace.silence:
            return self._told
        return ConnectionState(
            "connecting", "Nothing comes from Discord.", "Mynah is reconnecting."
        )

    async def run(self) -> None:
        """Stay connected until Discord refuses for good, or the task is cancelled."""
        pace = self._surroundings.pace
        retry = pace.first_retry
        while True:
            self._tell(ConnectionState("connecting"))
            started = self._surroundings.clock()
            wait = self._after(await outcome_of(self._run_client()))
            if wait is None:
                return
            if self._surroundings.clock() - started > pace.longest_retry:
                retry = pace.first_retry
            if wait < 0:
                wait, retry = retry, min(retry * 2, pace.longest_retry)
            await self._sleep(wait)

    def _after(self, error: BaseException | None) -> float | None:
        """Tell how a connection ended; return the seconds to wait before the next try.

        None means never again; a negative number means the next back-off step.
        """
        match error:
            case discord.LoginFailure():
                self._refuse("Discord refused the bot token.", hint_for(self._token))
                return None
            case NotABotError():
                self._refuse("This token belongs to a person's account.", TOKEN_HINT)
                return None
            case discord.PrivilegedIntentsRequired():
                self._has_content = False
                return 0.0
            case NeedsShardsError():
                self._is_sharded = True
                return 0.0
            case IdentifyRefusedError():
                detail = "The bot connected too often in a short time."
                return self._wait(detail, error.seconds)
            case discord.ConnectionClosed():
                return self._after_close(error.code)
            case discord.HTTPException():
                return self._after_http_error(error)
            case _:
                return self._after_break(error)

    def _after_break(self, error: BaseException | None) -> float:
        """Tell of an end that another try may mend."""
        match error:
            case NotDiscordError():
                log.warning("Not Discord: %s", error)
                detail = "Something else answers in Discord's place."
                hint = (
                    "Sign in to this network, or check the proxy. Mynah keeps trying."
                )
                state = ConnectionState("unreachable", detail, hint)
            case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
                status = getattr(error, "status", 0)
                log.warning("The proxy on the way to Discord failed (%s)", status or "")
                self._tell(_proxy_trouble(status))
                return -1.0
            case OSError() | aiohttp.ClientError() | discord.GatewayNotFound():
                log.warning("Discord cannot be reached: %s", error)
                hint = "Check this computer's internet connection. Mynah keeps trying."
                detail = "Discord cannot be reached."
                state = ConnectionState("unreachable", detail, hint)
            case None | DeafError():
                reason = str(error or "it ended")
                log.warning("Mynah connects to Discord again: %s", reason)
                detail = f"The connection to Discord was lost: {reason}."
                state = ConnectionState("connecting", detail, "Mynah is reconnecting.")
            case _:
                self._surroundings.supervisor.note("The connection to Discord", error)
                detail = f"The connection to Discord broke ({type(error).__name__})."
                state = ConnectionState("connecting", detail, "Mynah is reconnecting.")
        self._tell(state)
        return -1.0

    async def _run_client(self) -> None:
        settings = self._surroundings.settings()
        pace = self._surroundings.pace
        options = client_options(self._has_content, settings, pace)
        shards = self._surroundings.shards
        if not shards.are_all:
            own = {"shard_ids": [*shards.numbers], "shard_count": shards.count}
            options = {**options, **own}
        kind = ShardedClient if self._is_sharded else Client
        proxy = await asyncio.to_thread(self._surroundings.proxy)
        client = kind(**options, proxy=for_aiohttp(proxy))
        client.prepare(self._surroundings, self._tell, self._has_content, COGS)
        async with client:
            self.client = client
            try:
                await client.login(self._token)
                await client.clock.set()
                await self._check_session_limit(client)
                await self._stay_connected(client)
            finally:
                self.client = self._liveness = None

    async def _stay_connected(self, client: Client | ShardedClient) -> None:
        """Return when the connection ended.

        Raises:
            DeafError: If it is of no use any more.
        """
        pace = self._surroundings.pace
        self._liveness = Liveness(
            client, pace.silence, pace.start, pace.between_identifies, client.restart
        )
        connected = asyncio.ensure_future(client.connect())
        watching = asyncio.ensure_future(self._liveness.watch(pace.between_looks))
        both = {connected, watching}
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _check_session_limit(self, client: Client | ShardedClient) -> None:
        """Ask Discord how many sessions are left, and whether to use shards."""
        answer = await client.http.request(Route("GET", "/gateway/bot"))
        if answer["shards"] > 1 and not self._is_sharded:
            raise NeedsShardsError
        limit = answer["session_start_limit"]
        own = self._surroundings.shards
        shards = answer["shards"] if own.are_all else len(own.numbers)
        # Each shard takes one now, and one more if it has to start again.
        if limit["remaining"] < max(FEWEST_IDENTIFIES_LEFT, 2 * shards):
            raise IdentifyRefusedError(limit["reset_after"] / 1000)
        client.most_at_once = max(1, limit.get("max_concurrency", 1))

    def _after_close(self, code: int) -> float | None:
        if code == 4004:
            self._refuse("Discord revoked the bot token.", TOKEN_HINT)
            return None
        if code == 4011 and not self._surroundings.shards.are_all:
            count = self._surroundings.shards.count
            detail = f"{count} shards are too few for this bot's servers."
            self._refuse(detail, "Start every Mynah of this bot with more: --shards.")
            return None
        if code == 4011:
            self._is_sharded = True
            return 0.0
        if code not in FINAL_CODES:
            return self._after_break(None)
        detail = f"Discord closed the connection for good (code {code})."
        self._refuse(detail, "Update Mynah; this version no longer works with Discord.")
        return None

    def _after_http_error(self, error: discord.HTTPException) -> float:
        if error.status == 429:
            return self._wait(
                "Discord is blocking this computer's address for a while.",
                self._surroundings.pace.longest_retry,
            )
        if error.status == PROXY_LOGIN:
            self._tell(_proxy_trouble(error.status))
            return -1.0
        log.warning("Discord answered with an error: %s", error.status)
        self._tell(
            ConnectionState(
                "unreachable",
                f"Discord has trouble (HTTP {error.status}).",
                "See discordstatus.com. Mynah keeps trying.",
            )
        )
        return -1.0

    def _refuse(self, detail: str, hint: str) -> None:
        self._tell(ConnectionState("refused", detail, hint))

    def _wait(self, detail: str, seconds: float) -> float:
        minutes = max(1, round(seconds / 60))
        hint = f"Mynah reconnects in {minutes} min."
        self._tell(ConnectionState("waiting", detail, hint))
        return seconds

    def _tell(self, state: ConnectionState) -> None:
        if state != self._told:
            self._told = state
            self._on_state(state)


def _proxy_trouble(status: int) -> ConnectionState:
    """Return the state for a proxy that answers with a status, or not at all (0)."""
    detail = "The proxy on the way to Discord does not answer."
    hint = "Check the setting bot.proxy and the proxy. Mynah keeps trying."
    if status == PROXY_LOGIN:
        detail = "The proxy on the way to Discord refuses its login."
        hint = (
            "Enter the right one with `mynah config set discord_proxy_login`."
            " Mynah keeps trying."
        )
    elif status:
        detail = f"The proxy on the way to Discord refuses to connect ({status})."
    return ConnectionState("unreachable", detail, hint)
