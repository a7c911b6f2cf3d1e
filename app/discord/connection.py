"""The connection to Discord: one client after another, with their state."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
import discord
from discord.http import Route

from app.discord.client import (
    Client,
    ConnectionState,
    IdentifyRefusedError,
    ShardedClient,
    Surroundings,
    client_options,
)
from app.discord.cogs import COGS

log = logging.getLogger(__name__)

TOKEN_HINT = (
    "Copy a new token from the Bot page of the Discord developer portal"
    " and enter it in the settings."
)
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
        self._is_sharded = False
        self.state = ConnectionState("offline")
        self.client: Client | ShardedClient | None = None

    async def run(self) -> None:
        """Stay connected until Discord refuses for good, or the task is cancelled."""
        pace = self._surroundings.pace
        retry = pace.first_retry
        while True:
            self._tell(ConnectionState("connecting"))
            started = self._surroundings.clock()
            wait = await self._connect_once()
            if wait is None:
                return
            if self._surroundings.clock() - started > pace.longest_retry:
                retry = pace.first_retry
            if wait < 0:
                wait, retry = retry, min(retry * 2, pace.longest_retry)
            await self._sleep(wait)

    async def _connect_once(self) -> float | None:
        """Connect until it ends; return the seconds to wait before the next try.

        None means never again; a negative number means the next back-off step.
        """
        try:
            await self._run_client()
        except discord.LoginFailure:
            self._refuse("Discord refused the bot token.", TOKEN_HINT)
            return None
        except discord.PrivilegedIntentsRequired:
            self._has_content = False
            return 0.0
        except NeedsShardsError:
            self._is_sharded = True
            return 0.0
        except IdentifyRefusedError as error:
            return self._wait(
                "The bot connected too often in a short time.", error.seconds
            )
        except discord.ConnectionClosed as error:
            return self._after_close(error.code)
        except discord.HTTPException as error:
            return self._after_http_error(error)
        except (OSError, aiohttp.ClientError, discord.GatewayNotFound) as error:
            log.warning("Discord cannot be reached: %s", error)
            self._tell(
                ConnectionState(
                    "unreachable",
                    "Discord cannot be reached.",
                    "Check this computer's internet connection. Mynah keeps trying.",
                )
            )
            return -1.0
        self._tell(ConnectionState("offline"))
        return None

    async def _run_client(self) -> None:
        settings = self._surroundings.settings()
        pace = self._surroundings.pace
        options = client_options(self._has_content, settings, pace)
        kind = ShardedClient if self._is_sharded else Client
        client = kind(**options)
        client.prepare(self._surroundings, self._tell, self._has_content, COGS)
        async with client:
            self.client = client
            try:
                await client.login(self._token)
                await self._check_session_limit(client)
                await client.connect()
            finally:
                self.client = None

    async def _check_session_limit(self, client: discord.Bot) -> None:
        """Ask Discord how many sessions are left, and whether to use shards."""
        answer = await client.http.request(Route("GET", "/gateway/bot"))
        if answer["shards"] > 1 and not self._is_sharded:
            raise NeedsShardsError
        limit = answer["session_start_limit"]
        if limit["remaining"] < FEWEST_IDENTIFIES_LEFT:
            raise IdentifyRefusedError(limit["reset_after"] / 1000)

    def _after_close(self, code: int) -> float | None:
        if code == 4004:
            self._refuse("Discord revoked the bot token.", TOKEN_HINT)
            return None
        if code == 4011:
            self._is_sharded = True
            return 0.0
        detail = f"Discord closed the connection for good (code {code})."
        self._refuse(detail, "Update Mynah; this version no longer works with Discord.")
        return None

    def _after_http_error(self, error: discord.HTTPException) -> float:
        if error.status == 429:
            return self._wait(
                "Discord is blocking this computer's address for a while.",
                self._surroundings.pace.longest_retry,
            )
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
        if state != self.state:
            self.state = state
            self._on_state(state)
