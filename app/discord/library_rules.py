"""Our own rules around py-cord's requests, addresses and events."""

from collections.abc import Awaitable, Callable
from functools import partial

import aiohttp
import discord
from discord.http import API_VERSION, Route

from app.core.supervisor import Supervisor
from app.discord.arrivals import Arrivals, NamedServer, SessionStart


class NotDiscordError(aiohttp.ClientError):
    """Something else answered in Discord's place, such as a network's sign-in page."""


class LibraryRules:
    """Stands between one client of py-cord and its connection."""

    def __init__(
        self, client: discord.Client, supervisor: Supervisor, arrivals: Arrivals
    ) -> None:
        self._client = client
        self._supervisor = supervisor
        self._arrivals = arrivals
        self._session_url: str | None = None
        self._resume_url: str | None = None
        http = client.http
        self._plain_gateway = http.get_gateway
        # py-cord asks for the general address even when it resumes, but Discord says
        # that sessions live longer at the address in READY.
        http.get_gateway = self._gateway  # type: ignore[method-assign]
        self._plain_request: Callable[..., Awaitable[object]] = http.request
        http.request = self._request  # type: ignore[method-assign]
        self._contain_parsers()

    def begin_session(self) -> None:
        """Note the address from READY; a sharded client handles this itself."""
        url = getattr(self._client.ws, "resume_gateway_url", None)
        self._session_url = self._resume_url = url

    def resumed(self) -> None:
        """Try the session's address again when the connection ends."""
        self._resume_url = self._session_url

    def _contain_parsers(self) -> None:
        """Let an event that py-cord cannot read cost that event, not the connection.

        Without READY there is no session, so its error does end the connection.
        """
        parsers = self._client._connection.parsers
        for event, parse in list(parsers.items()):
            if event == "READY":
                parsers[event] = partial(self._begin, parse)
            else:
                parsers[event] = partial(self._parse, event, parse)

    def _begin(self, parse: Callable[[object], None], data: SessionStart) -> None:
        parse(data)
        self._arrivals.begin(data)

    def _parse(
        self, event: str, parse: Callable[[object], None], data: NamedServer
    ) -> None:
        with self._supervisor.contain(f"Reading {event} from Discord"):
            parse(data)
            if event == "GUILD_CREATE":
                self._arrivals.came(int(data["id"]))

    async def _request(self, route: Route, **kwargs: object) -> object:
        """Send a request; refuse a page that somebody else answers it with."""
        answer = await self._plain_request(route, **kwargs)
        if isinstance(answer, str) and answer:
            raise NotDiscordError(f"{route.path} was answered with a page")
        return answer

    async def _gateway(self, *, encoding: str = "json", zlib: bool = True) -> str:
        """Return the address for the next connection, without retrying a failed one."""
        url, self._resume_url = self._resume_url, None
        if url is None:
            return await self._plain_gateway(encoding=encoding, zlib=zlib)
        compress = "&compress=zlib-stream" if zlib else ""
        return f"{url}?encoding={encoding}&v={API_VERSION}{compress}"
