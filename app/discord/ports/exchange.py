"""Values that pass between the Discord client and the service."""

import time
from dataclasses import dataclass, field

from app.chat.halt import Halt
from app.chat.postprocess import in_name
from app.replies.request import FileReader
from app.service.voices.forgetter import Forgotten
from app.settings.schema import Config
from app.store.audience import Audience
from app.store.authors import proxied_key
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
    pictures: tuple[FileReader, ...] = field(default=(), compare=False)
    """Its pictures, not read yet."""
    seed: str | None = None
    mode: str | None = None
    before: str = ""
    """A day: speak as people did before it. Empty means now."""
    like: int = 0
    """Discord's id of a member to speak like; 0 means none."""
    claim: Claim | None = None
    """The row of the reply, if it is there already."""
    is_spoken: bool = False
    """True if a voice message asks, whose words are known."""
    is_unheard: bool = False
    """True if one asks whose words nobody knows."""
    arrived: float = field(default_factory=time.perf_counter, compare=False)
    """The time from which its figures count, by the replier's clock."""
    waiting: int = 0
    """The messages of the channel that wait behind it for their replies."""
    reply_to: int | None = None
    """Discord's id of the message that the answered one replies to."""
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
    pictures: tuple[FileReader, ...] = field(default=(), compare=False)
    is_unheard: bool = False
    """True for a voice message whose words nobody knows."""


@dataclass(frozen=True)
class ReadyReply:
    """A reply ready to be sent."""

    reply: int
    """Its row."""
    parts: tuple[str, ...]
    """One Discord message each; empty when nothing may be sent."""
    name: str = ""
    """The member or character who speaks; empty for the bot itself."""
    is_role: bool = False
    """True if it speaks as a character."""
    is_draft: bool = False
    """Waits for the owner; nothing is sent now."""
    files: tuple[tuple[int, int], ...] = ()
    """(channel, message) of sources that came with a file."""
    is_fresh: bool = False
    """Its sources were checked a moment ago."""
    has_buttons: bool = False
    said: str = ""
    """Its words."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The parts, which begin with the name of the speaker."""
        return in_name(self.parts, self.name)

    @property
    def is_sayable(self) -> bool:
        """True if it is nothing but words of the bot itself."""
        return bool(self.parts) and not (self.is_draft or self.name or self.files)


@dataclass(frozen=True)
class VoiceAnswer:
    """A reply as a voice message."""

    data: bytes
    seconds: float
    waveform: str
    """The picture of the sound, in base64."""


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
    role: str = ""
    """Name of the character that speaks; empty for the bot itself."""


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
