"""The one gate to model hosts: it looks at what is in a request, not at who asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core.errors import NotAllowedError
from app.core.names import GuildId
from app.settings.base_url import Address
from app.settings.consent import Purpose, how_to_agree
from app.settings.effective import Settings


@dataclass(frozen=True)
class Permit:
    """Leave to send one request to one address; only the gate gives it."""

    address: Address


class Gate:
    """Asks the lock and the consents of every guild whose words are in a request."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def permit(
        self, address: Address, purpose: Purpose, guilds: Iterable[GuildId | None]
    ) -> Permit:
        """Let a request pass.

        Args:
            guilds: Rows of all guilds whose words are in it; None for words of unknown
                origin.

        Raises:
            NotAllowedError: If one of them is locked, or did not agree.
        """
        if reason := await self.refuses(address, purpose, guilds):
            raise NotAllowedError(reason)
        return Permit(address)

    def look(self, address: Address) -> Permit:
        """Let a request pass that holds nobody's words, such as for a host's models."""
        return Permit(address)

    async def refuses(
        self, address: Address, purpose: Purpose, guilds: Iterable[GuildId | None]
    ) -> str | None:
        """Return why words of these guilds may not go to a host, or None."""
        if not address.is_cloud:
            return None
        rows = set(guilds)
        if not all(rows):
            return "it holds words of an unknown server"
        who = "this server" if len(rows) == 1 else "a server whose words it holds"
        for guild in sorted(row for row in rows if row):
            if (await self._settings.of(guild)).reply.local_only:
                return _locked(who)
            if not await self._settings.has_agreed(guild, purpose, address):
                return self._not_agreed(who, purpose, address)
        return None

    async def refusals(
        self, addresses: Mapping[GuildId, Address], purpose: Purpose
    ) -> dict[GuildId, str]:
        """Return why words may not go to a host, of each guild with its host.

        It is to be shown. What is sent asks for a permit.
        """
        found, who = {}, "this server"
        agreed = await self._settings.consents(addresses)
        for guild, address in addresses.items():
            if not address.is_cloud:
                continue
            config = await self._settings.of(guild)
            if config.reply.local_only:
                found[guild] = _locked(who)
            elif (purpose, address.origin) not in agreed[guild]:
                found[guild] = self._not_agreed(who, purpose, address)
        return found

    def _not_agreed(self, who: str, purpose: Purpose, address: Address) -> str:
        how = how_to_agree(purpose, self._settings.host_named(address))
        return (
            f"nobody has agreed that words of {who} go to {address.name} for"
            f" {purpose}: `{how}`"
        )


def _locked(who: str) -> str:
    return f"{who} is locked to this computer"
