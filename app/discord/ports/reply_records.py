"""The port of replies that were made."""

from collections.abc import Collection
from typing import Protocol

from app.core.explanation import Explanation
from app.store.feedback import Kind


class ReplyRecords(Protocol):
    """Replies afterwards: found, explained and rated."""

    async def find_reply(self, message: int) -> int | None:
        """Return the row of the reply that a message of the bot belongs to."""
        ...

    async def answered(self, reply: int) -> int | None:
        """Return the message, or the wish, that a reply answers."""
        ...

    async def source_channels(self, reply: int) -> set[int]:
        """Return the channels and threads that a reply drew on."""
        ...

    async def explain(self, reply: int, channels: Collection[int]) -> Explanation:
        """Return the row that explains a reply, for people who see those channels."""
        ...

    async def rate(
        self, reply: int, author: int, value: int, kind: Kind = "thumb"
    ) -> None: ...

    async def take_back(self, reply: int, author: int, value: int) -> None:
        """Withdraw a thumb of that value; the other one stays."""
        ...

    async def take_all_back(self, reply: int, value: int | None = None) -> None:
        """Withdraw everybody's thumbs of a value, or all of them."""
        ...

    async def how_tuned(self, trigger: int) -> str:
        """Return why an answer has its mode and dial; empty when they were set."""
        ...
