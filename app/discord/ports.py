"""The five ports between the Discord client and the service, and what passes there."""

import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.chat.halt import Halt
from app.core.explanation import Explanation
from app.ipc.control import Check, ModelEntry, StatusReply
from app.service.digest import Digest
from app.service.voices.forgetter import Forgotten
from app.service.weekly_stats import GuildWeek
from app.settings.effective import ResolvedSetting
from app.settings.schema import Config
from app.store.audience import Audience
from app.store.authors import proxied_key
from app.store.feedback import Kind
from app.store.members import Kept
from app.store.places import Claim


@dataclass(frozen=True)
class MessagePlace:
    """The place of a message, with Discord's ids."""

    guild: int
    guild_name: str
    channel: int
    channel_name: str
    parent: int | None = None
    """The channel of a thread."""
    parent_name: str = ""
    is_private: bool = False
    """True if not everyone in the guild can see it; of a thread, if it is private."""
    is_parent_private: bool = False
    is_age_restricted: bool = False

    @property
    def root(self) -> int:
        """The channel whose settings hold here: a thread follows its parent."""
        return self.parent or self.channel

    @property
    def root_name(self) -> str:
        return self.parent_name or self.channel_name

    @property
    def audience(self) -> Audience:
        """The readers here, by Discord's ids."""
        restricted = self.is_age_restricted
        if self.parent is None:
            return Audience(self.channel, None, self.is_private, restricted)
        if self.is_private:
            return Audience(self.channel, self.parent, True, restricted)
        return Audience(self.parent, None, self.is_parent_private, restricted)


@dataclass(frozen=True)
class Attached:
    """An attachment of a message."""

    id: int
    name: str
    url: str


@dataclass(frozen=True)
class Incoming:
    """A message as it was read on Discord."""

    place: MessagePlace
    id: int
    author: int
    author_name: str
    text: str
    """Mentions are spelled out as names."""
    at_ms: int
    """Milliseconds since the epoch."""
    is_bot: bool = False
    """True for bots, including this one: context, never learned."""
    reply_to: int | None = None
    files: tuple[Attached, ...] = ()
    is_account_deleted: bool = False
    """True if Discord shows the author's account as deleted."""
    is_webhook: bool = False
    """True if the author is a webhook's name, perhaps a person's."""
    account: int | None = None
    """The account that wrote it, if a proxy took its place."""
    key: str = ""
    """Stands for the author's id, where that is not enough."""

    @property
    def person(self) -> str:
        """Stands for the author's id; a webhook writes under many names."""
        if self.key:
            return self.key
        return proxied_key(self.author_name) if self.is_webhook else str(self.author)

    @property
    def is_withheld(self) -> bool:
        """True if Discord keeps the text back, as without the content intent."""
        return not self.text and not self.files


STARTS = ("quiet room", "schedule")
"""Reasons for talk that the bot starts."""


@dataclass(frozen=True)
class Ask:
    """A request for one reply."""

    place: MessagePlace
    trigger: int
    """Discord's id of the answered message or interaction; one reply at most."""
    author: int
    author_name: str
    text: str
    reason: str
    """The kind of call: mention, reply, command, wake word, follow-up, join-in."""
    turns: tuple[tuple[str, str], ...] = ()
    """[speaker, text] before it, oldest first, for channels that are not stored."""
    seed: str | None = None
    mode: str | None = None
    claim: Claim | None = None
    """The row of the reply, if it is there already."""
    arrived: float = field(default_factory=time.perf_counter, compare=False)
    """The time from which its figures count, by the replier's clock."""
    waiting: int = 0
    """The messages of the channel that wait behind it for their replies."""
    halt: Halt = field(default_factory=Halt, compare=False)
    """Ends the writing when somebody asks for it."""

    @property
    def is_start(self) -> bool:
        """True if nobody called: the bot starts talk."""
        return self.reason in STARTS


@dataclass(frozen=True)
class DirectAsk:
    """A request for a reply to a direct message."""

    guild: int
    """The server in whose voice to answer."""
    trigger: int
    author: int
    author_name: str
    text: str
    turns: tuple[tuple[str, str], ...] = ()
    """[speaker, text] before it, oldest first; nothing of a direct talk is stored."""


@dataclass(frozen=True)
class ReadyReply:
    """A reply ready to be sent."""

    reply: int
    """Its row."""
    parts: tuple[str, ...]
    """One Discord message each; empty when nothing may be sent."""
    is_draft: bool = False
    """Waits for the owner; nothing is sent now."""
    files: tuple[tuple[int, int], ...] = ()
    """(channel, message) of sources that came with a file."""
    is_fresh: bool = False
    """Its sources were checked a moment ago."""
    has_buttons: bool = False


@dataclass(frozen=True)
class LearnedFile:
    """The outcome of learning an export."""

    added: int
    read: int
    faults: tuple[str, ...] = ()
    """The reasons for what was not learned, each with its place in the file."""
    gone: Forgotten | None = None
    """The counts of a forgetting that came first."""


@dataclass(frozen=True)
class Unsent:
    """A reply that was begun before a restart, and may or may not have arrived."""

    claim: Claim
    guild: int
    """Discord's id, as of `channel` and `trigger`."""
    channel: int
    trigger: int
    parts: tuple[str, ...]
    """Empty when it was not written yet."""
    reason: str = "mention"
    """The kind of call, as of `Ask`."""


@dataclass(frozen=True)
class EarlierReply:
    """The outcome of a stored call, for `/why`."""

    trigger: int
    name: str
    """Of the person; empty if nobody knows it."""
    kind: str
    """The kind of call."""
    state: str
    note: str
    """The reason why nothing was said; empty if something was."""


@dataclass(frozen=True)
class Situation:
    """The circumstances that decide on a message, besides the message itself."""

    config: Config
    has_opted_out: bool
    """Its author."""
    is_answered: bool
    is_learning: bool
    """True if its channel is listened to; then its history is stored."""
    is_person: bool = False
    """True if a webhook's name counts as a person here."""


class GuildEvents(Protocol):
    """Guilds and channels: which there are, and what is set for them.

    Here and in the other ports ids are Discord's, unless called rows.
    """

    async def settings(self, place: MessagePlace) -> Config:
        """Return the effective settings of a channel."""
        ...

    async def server_settings(self, guild: int) -> Config:
        """Return the settings of a server, wherever in it."""
        ...

    async def starts_talk(self, guild: int) -> bool:
        """Return whether the bot is to start talk in a server, or a channel of it."""
        ...

    async def explain_settings(self, place: MessagePlace) -> list[ResolvedSetting]:
        """Return every setting that can differ in a channel, with its origin."""
        ...

    async def withdraw_consent(self, guild: int) -> list[str] | None:
        """Take back the owner's consents for a guild; return them in words.

        None if the owner agreed for every guild, which is taken back elsewhere.
        """
        ...

    async def change_setting(
        self,
        place: MessagePlace,
        name: str,
        text: str | None,
        *,
        channel_only: bool,
        everywhere: bool = False,
        agreed: bool = False,
        is_owner: bool = False,
    ) -> ResolvedSetting:
        """Set (or with None reset) a setting of the guild, or of the channel alone.

        Args:
            everywhere: Of the home instead, for every guild.
            agreed: The person was told what leaves the machine, and agreed.
            is_owner: The owner asks, who alone may change what costs or leaks.

        Raises:
            AppError: If the name or the value does not fit, nobody agreed yet, or the
                person may not do this.
        """
        ...

    async def learning_channels(self, guild: int) -> set[int]:
        """The channels of a guild that are listened to."""
        ...

    async def set_learning(self, place: MessagePlace, on: bool) -> None: ...

    async def present(self, guilds: Mapping[int, str]) -> None:
        """The bot is in these guilds, by id and name, and in no other."""
        ...

    async def joined(self, guild: int, name: str) -> None: ...

    async def left(self, guild: int) -> None: ...

    async def channels_seen(self, places: Sequence[MessagePlace]) -> None:
        """Note these channels and their readers, for owners to choose and for replies.

        Of threads only those count that are stored.
        """
        ...

    async def unknown_channels(self, guild: int) -> list[int]:
        """Return stored channels and threads whose readers nobody told yet."""
        ...

    async def channel_gone(self, guild: int, channel: int) -> None:
        """Note that Discord does not have an imported channel; it stays."""
        ...

    async def channel_deleted(self, guild: int, channel: int) -> Forgotten: ...

    async def week(self, guild: int, channels: Collection[int]) -> GuildWeek:
        """Return the last seven days of some channels."""
        ...

    async def emoji(self, place: MessagePlace) -> str | None:
        """Return an emoji of people whose words may be said there, by frequency."""
        ...


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

    async def newest(self) -> dict[int, int]:
        """Return the newest stored message of every listened channel."""
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


class Replies(Protocol):
    """Replies: made, explained and rated."""

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

    def stream(self, ask: Ask) -> AsyncIterator[str | ReadyReply | None]:
        """Do the same, with the whole text so far after each addition."""
        ...

    async def again(
        self,
        reply: int,
        author: int,
        trigger: int,
        text: str = "",
        halt: Halt | None = None,
    ) -> ReadyReply | None:
        """Make another reply to the message of an earlier reply.

        Args:
            author: Who wants another; that counts as a mild dislike.
            text: What was answered, in case it is not stored.
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

    async def find_reply(self, message: int) -> int | None:
        """Return the row of the reply that a message of the bot belongs to."""
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


class Machine(Protocol):
    """The owner's computer: the model, and the health of everything."""

    async def status(self) -> StatusReply:
        """Return the state of model, cloud and replies."""
        ...

    async def checks(self, *, is_owner: bool) -> Sequence[Check]:
        """Look for common problems.

        Raises:
            AppError: If somebody else than the owner asks.
        """
        ...

    async def models(self) -> Sequence[ModelEntry]:
        """Return the language models that are on the computer."""
        ...

    async def cloud_host(self) -> str:
        """Return the name of the host in the cloud that the owner set up."""
        ...

    async def use_model(self, name: str, *, is_owner: bool) -> str:
        """Use a model of the list from the next reply on, in every server.

        Raises:
            AppError: If it cannot be used, or somebody else than the owner asks.
        """
        ...


@dataclass(frozen=True)
class Ports:
    """All that the Discord client may ask of the service."""

    guilds: GuildEvents
    messages: MessageEvents
    replies: Replies
    members: MemberData
    machine: Machine
