"""The port of characters' names, pictures and webhooks."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Face:
    """The looks of a character."""

    name: str
    mark: str
    """Another one for another name or picture."""


class CharacterFaces(Protocol):
    """The faces of characters, and the webhooks that show them."""

    def is_own_hook(self, webhook: int) -> bool:
        """Tell if the bot made that webhook for a character."""
        ...

    async def face(self, guild: int, name: str) -> Face | None:
        """Return a character's face; None if it is gone or shall have none."""
        ...

    async def picture(self, guild: int, name: str) -> bytes | None:
        """Return a character's picture, a PNG; None if it has none."""
        ...

    async def hook(self, guild: int, channel: int, mark: str) -> int | None:
        """Return the webhook that shows a face in a channel."""
        ...

    async def hooked_guilds(self) -> list[int]:
        """Return the servers with webhooks that are not deleted."""
        ...

    async def outdated_hooks(self, guild: int) -> list[int]:
        """Return webhooks whose characters are gone, or have another face now."""
        ...

    async def add_hook(self, guild: int, channel: int, webhook: int, mark: str) -> None:
        """Note a webhook that was made, before anything is said through it."""
        ...

    def took(self, setting: str, ms: float) -> None:
        """Note what a part took that the setting of this name switches."""
        ...

    async def drop_hook(self, webhook: int) -> None:
        """Note that a webhook is deleted."""
        ...
