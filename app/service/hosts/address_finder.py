"""Finds the address under which a host answers, and keeps it."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from app.core.errors import AppError, ProviderError, WrongAddressError
from app.core.paths import Home
from app.core.proxy import Proxy
from app.providers.openai import prices
from app.providers.openai.provider import OpenAIProvider
from app.settings import host_keys
from app.settings.address_forms import likely_forms
from app.settings.effective import Settings
from app.settings.host_gate import Gate
from app.settings.hosts import Host, host_of

log = logging.getLogger(__name__)


class AddressFinder:
    """Tries the likely forms of an address once; nobody's words are in a request."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        gate: Gate,
        tell: Callable[[str], None],
        proxy: Callable[[], Proxy | None],
    ) -> None:
        """Prepare without connecting.

        Args:
            tell: Says to the owner what was found.
            proxy: Returns the proxy on the way to the cloud; it may block.
        """
        self._home = home
        self._settings = settings
        self._gate = gate
        self._tell = tell
        self._proxy = proxy
        self._tried: set[str] = set()
        self._searches: set[asyncio.Task[None]] = set()

    def begin(self, name: str) -> None:
        """Look for the right address of a host in the background, once for each."""
        url = host_of(self._settings.home, name).settings.base_url
        if url in self._tried:
            return
        self._tried.add(url)
        search = asyncio.create_task(self._search(name))
        self._searches.add(search)
        search.add_done_callback(self._searches.discard)

    async def _search(self, name: str) -> None:
        try:
            await self.look(host_of(self._settings.home, name))
        except ProviderError:
            return
        except AppError as error:
            log.warning("the address of %s is not kept: %s", name, error)

    async def look(self, host: Host) -> list[str]:
        """Return the models of a host; keep the address under which it lists them.

        Raises:
            ProviderError: If it lists none under any likely form.
        """
        first: WrongAddressError | None = None
        for url in likely_forms(host.settings.base_url):
            try:
                found = await self.models(host, url)
            except WrongAddressError as error:
                first = first or error
                continue
            if url != host.settings.base_url.rstrip("/") + "/":
                await self._keep(host, url)
            return found
        raise first or ProviderError(f"{host.name} has no address.")

    async def models(self, host: Host, url: str) -> list[str]:
        """List the models under one form of a host's address.

        Raises:
            WrongAddressError: If no API answers there.
            ProviderError: If the host is unreachable or refuses.
        """
        there = replace(host, settings=replace(host.settings, base_url=url))
        key = await asyncio.to_thread(host_keys.get, self._home, there)
        provider = OpenAIProvider(
            lambda: there, lambda address: key, prices.load, lambda spent: None,
            time.monotonic, self._gate, proxy=self._proxy, name=host.name,
        )  # fmt: skip
        try:
            return await provider.models()
        finally:
            await provider.close()

    async def _keep(self, host: Host, url: str) -> None:
        await self._settings.change(f"{host.section}.base_url", url)
        self._tell(f"{host.name} answers at {url}; Mynah keeps that address.")

    async def close(self) -> None:
        """Stop what looks."""
        for search in self._searches:
            search.cancel()
        await asyncio.gather(*self._searches, return_exceptions=True)
