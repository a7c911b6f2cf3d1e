"""The port of messages."""

from collections.abc import Collection, Sequence
from typing import Protocol

from app.discord.ports.exchange import Incoming, LearnedFile, MessagePlace, Situation
from app.service.digest import Digest
from app.service.voices.forgetter import Forgotten


class MessageEvents(Protocol):
    """Learns, follows and forgets a guild's messages."""

    async def hear_live(self, said: Incoming) -> Situation | None:
        """Store a new message where it is listened to; tell what decides on it.

        Returns None if nothing was looked up.
        """
        ...

    async def hear(self, batch: Sequence[Incoming], *, is_missed: bool = False) -> int:
        """Store messages of listened channels; return the number of new ones.

        Args:
            is_missed: Store only what was written while the channel was listened to.
        """
        ...

    async def withheld(self, guild: int, said: Sequence[Incoming]) -> set[int]:
        """Return the ids of messages that may not be quoted, even where nobody listens.

        Their authors opted out, or had them forgotten.
        """
        ...

    async def recheck(
        self, place: MessagePlace, batch: Sequence[Incoming], first: int, last: int
    ) -> Forgotten:
        """Follow edits and deletions that were missed.

        The batch has everything that people wrote and Discord still has in this
        channel or thread, above the id `first` and below `last`.
        """
        ...

    async def proxied(self, said: Incoming, original: int) -> None:
        """Let a proxied line take the place of its original, which is deleted."""
        ...

    async def edited(
        self, guild: int, message: int, text: str, *, is_edit: bool = True
    ) -> None:
        """Follow a message that Discord tells of again.

        Args:
            is_edit: False where nobody changed its words, as for a link's preview.
        """
        ...

    async def deleted(self, guild: int, messages: Sequence[int]) -> Forgotten: ...

    async def direct_edited(self, message: int) -> None:
        """Forget the answer to a direct message whose words were changed."""
        ...

    async def direct_deleted(self, message: int) -> None:
        """Forget the answer to a direct message that was deleted."""
        ...

    async def newest(self, servers: Collection[int]) -> dict[int, int]:
        """Return the newest stored message of every listened channel there."""
        ...

    async def oldest_heard(self, place: MessagePlace) -> int | None:
        """Return the oldest stored message that Discord had in a channel or thread."""
        ...

    async def known_among(self, guild: int, authors: Collection[int]) -> list[int]:
        """Return those of whom anything is stored."""
        ...

    async def banned(self, guild: int, author: int) -> Forgotten:
        """Forget a member who was banned, unless `learn.forget_banned` is off."""
        ...

    async def stored(self, guild: int) -> int:
        """Return the number of the guild's stored messages."""
        ...

    async def forget_learned(self, guild: int) -> Forgotten:
        """Forget every message of the guild, and keep its settings."""
        ...

    async def learn_anew(self, guild: int) -> None:
        """Allow what was forgotten with everything else to come back, on request."""
        ...

    async def check_file(self, guild: int, name: str, data: bytes) -> None:
        """Read an export, to know that it can be learned.

        Raises:
            AppError: If it holds no message, or cannot be read to its end.
        """
        ...

    async def learn_file(
        self, guild: int, name: str, data: bytes, *, clean: bool
    ) -> LearnedFile:
        """Learn an export, as far as it can be read.

        Args:
            clean: Forget first everything that is there; killed in between, the next
                start goes on.

        Raises:
            AppError: If it is of another server, or the import fails.
        """
        ...

    async def forget_sources(self, reply: int) -> Forgotten:
        """Forget the source messages of a reply."""
        ...

    async def digest(
        self, place: MessagePlace, author: int, hours: int | None
    ) -> Digest | None:
        """Sum up a channel since the author's last message, or since some hours.

        None if nothing of it is stored, because nobody listens to it.
        """
        ...

    async def train_progress(
        self, guild: int, share: float, read: int, rate: float, finished: bool
    ) -> None:
        """Show the progress of reading a history on the owner's screen."""
        ...
