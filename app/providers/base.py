"""The contract of a provider, with the types it exchanges."""

import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

from app.core.names import GuildId
from app.voice.generated_line import Rules
from app.voice.index import Lean, Spans

PICTURE_TOKENS = 256
"""The tokens to plan for one picture; most models need fewer."""

PROMPT_TOKENS, ANSWER_TOKENS = 300, 30
"""A reply to plan for: a conversation worth reading, and more than most chat lines."""


@dataclass(frozen=True)
class Speed:
    """A model's reading and writing speed here, in tokens per second."""

    prompt: float = 150.0
    decode: float = 15.0
    """Assumed until measured: a small model on an old laptop."""

    @property
    def answer_seconds(self) -> float:
        """The time of a usual reply, of which nothing is read yet."""
        reading = PROMPT_TOKENS / max(self.prompt, 0.1)
        return reading + ANSWER_TOKENS / max(self.decode, 0.1)


@dataclass(frozen=True)
class Turn:
    """One (speaker, text) item of a prompt."""

    speaker: str
    text: str
    is_bot: bool = False
    message: int | None = None
    """Row id of the message it comes from, if it is stored."""
    guild: GuildId | None = field(default=None, compare=False)
    """Row id of the guild where it was said; None if that is not known."""
    pictures: tuple[bytes, ...] = field(default=(), compare=False, repr=False)
    """Pictures that came with it, as small JPEGs."""


class LoreText(NamedTuple):
    """An entry of a lorebook, as a prompt has it."""

    name: str
    text: str


class ToldFact(NamedTuple):
    """A thing that the member who is answered told of themselves."""

    kind: str
    text: str
    """As a sentence."""
    messages: tuple[int, ...]
    """Rows of the messages that told it."""


def any_link(link: str) -> bool:
    """Return True: any link may be said."""
    return True


def _is_fresh(text: str) -> bool:
    """Return False: any text may be said."""
    return False


@dataclass(frozen=True)
class Prompt:
    """Everything that a provider may use to write one line."""

    guild: GuildId
    """The row id of the guild."""
    conversation: str
    """Key of the conversation, for prefix caches; unique across guilds."""
    bot_name: str
    turns: tuple[Turn, ...]
    """Oldest first; the last one is answered."""
    persona: str = ""
    is_first: bool = False
    """True if nothing is learned, and the turns do not show how people write."""
    mode: str = "llm"
    """markov, llm or hybrid."""
    dial: int = 50
    seed: str | None = None
    """Words a chain reply must start from."""
    rules: Rules = Rules()
    """The rules by which the chain makes lines."""
    channels: frozenset[int] | None = None
    """Rows of the only channels that the voice may speak from; None means all."""
    spans: Spans | None = None
    """Rows of the only messages that it may speak from; None means all."""
    lean: Lean | None = None
    """Rows of the channels whose messages count for more."""
    recent: Mapping[int, str] = field(default_factory=dict)
    """The channel's last messages in the guild's voice, by row, the oldest first."""
    examples: tuple[str, ...] = ()
    """Real lines of the guild."""
    drafts: tuple[str, ...] = ()
    """Markov lines picked for this conversation."""
    shown: tuple[int, ...] = ()
    """Row ids of the messages in `examples` and behind `drafts`."""
    moments: tuple[tuple[Turn, ...], ...] = ()
    """Recalled messages with those around them, oldest first in each."""
    lore: tuple[LoreText, ...] = ()
    """Entries of the guild's lorebook, the most wanted first."""
    people: tuple[ToldFact, ...] = ()
    """Facts of the member who is answered."""
    summary: str = ""
    """A summary of the conversation before its turns."""
    summary_of: int | None = None
    """The row id of the summary's conversation."""
    lent: frozenset[GuildId] = frozenset()
    """Row ids of the guilds that examples, drafts and summary come from."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """Estimated tokens by purpose; empty until the prompt is fitted."""
    language: str = ""
    """The code of the talk's language; empty where the guild has one, or is unsure."""
    unsaid: frozenset[str] = frozenset()
    """Lines that it must not be, by their words; see `app.core.sentences.line_key`."""
    hidden: frozenset[str] = frozenset()
    """Words that people wrote in spoilers alone, in one case."""
    knows_link: Callable[[str], bool] = field(default=any_link, compare=False)
    """Tells whether somebody wrote a link."""
    is_stale: Callable[[str], bool] = field(default=_is_fresh, compare=False)
    """Tells whether a text repeats what was just said, or what the bot said lately."""
    never: tuple[str, ...] = ()
    """Words that must not be in the line; see `app.core.never_said`."""
    max_words: int = 60
    lines: int = 1
    """The most short messages in a row that the line may become."""
    adapter: str = ""
    """The path of the guild's LoRA adapter; empty for none."""
    temperature: float = 0.8
    top_p: float = 0.95
    random_seed: int = -1
    chain_seed: int = -1
    """The number that the chain's chance comes from; -1 is another one every time."""
    deadline_ms: float = 2000.0
    """Milliseconds left for this rung."""
    reply: int | None = None
    """The row id of the reply, for the ledger."""
    task: str = ""
    """The instruction to do something with the turns, in place of writing a line."""
    model: str = ""
    """The guild's choice of a cloud model; empty means the provider's default."""

    unseen: str = ""
    """The reason why nobody can look at the pictures that came with it."""
    unheard: str = ""
    """The reason why nobody knows the words of the voice message that it answers."""

    @property
    def pictures(self) -> tuple[bytes, ...]:
        """The pictures in its turns, in their order."""
        return tuple(itertools.chain(*(turn.pictures for turn in self.turns)))

    @property
    def guilds(self) -> frozenset[GuildId | None]:
        """Every guild whose words are in it; None for words of unknown origin."""
        spoken = (*self.turns, *itertools.chain(*self.moments))
        return self.lent.union((self.guild,), (turn.guild for turn in spoken))


@dataclass(frozen=True)
class Used:
    """The part of a message that a reply used."""

    message: int
    """Row id."""
    words: int = 0
    """The length of the run taken; 0 if it was only in the prompt."""
    run: str = ""
    """That run of words."""


@dataclass(frozen=True)
class WordShare:
    """A word of a text, and the voice's share in its choice."""

    word: str
    voice: float
    """0 is the model's choice alone, 1 the voice's."""


@dataclass(frozen=True)
class Completion:
    """The result of a provider, with its costs; the last item of a stream."""

    text: str
    finish: str = "stop"
    """stop, length, deadline or cancelled."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    cost: float = 0.0
    """US dollars."""
    sources: tuple[Used, ...] = ()
    shares: tuple[WordShare, ...] = ()
    """The choice of each word; empty where that is not known."""
    notes: tuple[str, ...] = ()
    """Facts worth explaining, such as a relaxed rule."""
    bytes_sent: int = 0
    """Bytes that went to a host."""
    host: str = ""
    """The host that received them."""
    reach: str = ""
    """Its place: here, own or cloud."""
    extra: dict[str, float] = field(default_factory=dict)
    ends_well: bool = False
    """True if the writer has already cut a broken text to what is whole."""


class FreshStart(str):
    """A piece that withdraws all pieces before it, which were no answer."""

    __slots__ = ()


class Provider(Protocol):
    """A source of text; all implementations pass one contract test."""

    name: str

    def unavailable(self, prompt: Prompt) -> str | None:
        """Return why this provider cannot take the prompt now, or None if it can."""
        ...

    def write(self, prompt: Prompt) -> AsyncIterator[str | Completion]:
        """Yield pieces of text, then one `Completion`.

        An empty piece is a sign of life: the model thinks.
        Closing the iterator cancels the work.

        Raises:
            ProviderError: If no text is possible; the reason may be shown to people.
        """
        ...

    async def close(self) -> None:
        """Release the provider's resources."""
        ...


@runtime_checkable
class Loads(Protocol):
    """A provider whose model may have to be loaded first, elsewhere."""

    def loading(self, model: str = "") -> str | None:
        """Return that its host loads a model, and since when; None if it does not."""
        ...


@runtime_checkable
class Keyed(Protocol):
    """A provider whose key may be in a keyring, which asks its owner first."""

    async def read_key(self) -> None:
        """Read the key without blocking the loop, so that it is known afterwards."""
        ...
