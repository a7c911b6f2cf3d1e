"""The port of replies that are made."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from app.chat.halt import Halt
from app.discord.ports.exchange import (
    Ask,
    DirectAsk,
    EarlierReply,
    Incoming,
    MessagePlace,
    ReadyReply,
    Situation,
    Unsent,
    VoiceAnswer,
)
from app.replies.request import FileReader
from app.store.places import Claim


class Replies(Protocol):
    """Replies on their way: made, sent or not."""

    async def situation(self, said: Incoming) -> Situation:
        """The circumstances that decide on a message."""
        ...

    async def claim(self, ask: Ask) -> Claim | None:
        """Create the row of a reply in advance; None if there already is one."""
        ...

    async def answer(self, ask: Ask) -> ReadyReply | None:
        """Make a reply; None if this trigger already has one."""
        ...

    async def answer_direct(self, ask: DirectAsk) -> ReadyReply | None:
        """Make a reply to a direct message; None if it already has one.

        It has only words that everyone in the server can see.
        """
        ...

    async def decline_direct(self, ask: DirectAsk, reason: str) -> None:
        """Store why a direct message gets no answer, now or after a restart."""
        ...

    async def direct_servers(self, messages: Sequence[int]) -> dict[int, int]:
        """Return the server in whose voice each of the bot's direct messages is."""
        ...

    async def is_for_character(self, ask: Ask) -> bool:
        """Tell if a character answers, and not the bot itself."""
        ...

    def stream(self, ask: Ask) -> AsyncIterator[str | ReadyReply | None]:
        """Do the same, with the whole text so far after each addition."""
        ...

    async def transcript(self, read: FileReader) -> str:
        """Return the words of a voice message; empty if nobody can hear them."""
        ...

    def took(self, setting: str, ms: float) -> None:
        """Note what a part took that the setting of this name switches."""
        ...

    async def utterance(self, answer: ReadyReply, timbre: str) -> VoiceAnswer | None:
        """Return a reply as a voice message; None if nobody can say it."""
        ...

    async def again(
        self,
        reply: int,
        author: int,
        trigger: int,
        text: str = "",
        turns: Sequence[tuple[str, str]] = (),
        pictures: tuple[FileReader, ...] = (),
        halt: Halt | None = None,
    ) -> ReadyReply | None:
        """Make another reply to the message of an earlier reply.

        Args:
            author: Who wants another; that counts as a mild dislike.
            text: What was answered, in case it is not stored.
            turns: What came with it, as of `Ask`; so are the pictures.
            halt: Ends the writing when somebody asks for it.
        """
        ...

    async def last_sent(self, place: MessagePlace) -> int | None:
        """Return the id of the last message of the latest reply in a channel."""
        ...

    async def is_asker(self, reply: int, author: int) -> bool:
        """Return whether a reply answers a person."""
        ...

    async def shown_as(self, reply: int) -> list[int]:
        """Return the ids of the messages that a reply was sent as."""
        ...

    async def replaced(self, old: int, new: int, messages: Sequence[int]) -> None:
        """Note that these messages show a new reply, instead of an old one."""
        ...

    async def sent(self, reply: int, messages: Sequence[int]) -> None:
        """Note under which ids a reply was sent."""
        ...

    async def may_send(self, reply: int) -> bool:
        """Return False if a source was forgotten or hidden since it was made."""
        ...

    async def unsent(self, now: float) -> list[Unsent]:
        """Return replies that may or may not have arrived.

        Those that nobody waits for at that time any more are closed with the reason.
        """
        ...

    async def decline(self, said: Incoming, kind: str, reason: str) -> None:
        """Store why a call gets no answer, now or after a restart."""
        ...

    async def earlier(self, place: MessagePlace) -> list[EarlierReply]:
        """Return the latest stored decisions in a channel, oldest first."""
        ...

    async def start_talk(
        self, place: MessagePlace, trigger: int, reason: str
    ) -> Ask | None:
        """Claim a reply to something said there long ago; None if nothing is known.

        Args:
            trigger: A number for the occasion, which has one reply at most.
        """
        ...

    async def keep_silent(self, reply: int, reason: str) -> None:
        """Note that a reply is not made or sent any more, and why."""
        ...

    async def hold(self, reply: int) -> None:
        """Keep a reply as a draft for the owner, who approves replies now."""
        ...

    async def refused(self, reply: int, reason: str) -> None:
        """Note that Discord did not take a reply."""
        ...

    async def refusal(self, trigger: int) -> str:
        """Return why a message got no answer after all; empty if it got one."""
        ...
