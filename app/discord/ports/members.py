"""The port of members' wishes."""

from typing import Protocol

from app.service.voices.forgetter import Forgotten
from app.service.words.member_portrait import Portrait
from app.store.members import Kept


class MemberData(Protocol):
    """Members' wishes for their own messages."""

    async def chosen_server(self, author: int) -> int | None:
        """Return the server whose voice a person chose for direct messages."""
        ...

    async def choose_server(self, author: int, guild: int) -> None: ...

    async def opt_out(self, guild: int, author: int, on: bool) -> Forgotten: ...

    async def allow_tuning(self, guild: int, author: int, on: bool) -> None:
        """Note whether a model may be tuned on a member's messages."""
        ...

    async def allow_voice(self, guild: int, author: int, on: bool) -> None:
        """Note whether the bot may speak like a member."""
        ...

    async def kept(self, guild: int, author: int) -> Kept: ...

    async def export_author(self, guild: int, author: int) -> bytes:
        """Return a member's data as JSON Lines."""
        ...

    async def forget_author(
        self, guild: int, author: int, since_ms: int = 0, *, by_owner: bool = False
    ) -> Forgotten: ...

    async def remember_author(self, guild: int, author: int) -> bool:
        """Let a member's own forgotten messages be learned again."""
        ...

    async def portrait(self, guild: int, author: int) -> Portrait:
        """Return what is known of a member, for themselves."""
        ...

    async def forget_fact(self, guild: int, author: int, number: int) -> int:
        """Delete a fact by its number, 0 for all; return the number deleted.

        Raises:
            AppError: If there is no such number.
        """
        ...

    async def correct_fact(
        self, guild: int, author: int, number: int, value: str
    ) -> None:
        """Give a fact another value.

        Raises:
            AppError: If there is no such number, or the value is none.
        """
        ...
