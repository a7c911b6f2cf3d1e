"""The catalogue of a runner's requests (one loaded language model)."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.core.names import GuildId
from app.core.turn_marks import TurnMarks
from app.ipc.wire import Done, Request

HOST_FIELD = "mynah"
"""The name of `FusedByHost` among the extra arguments of a request to vLLM."""

PICTURE = "\ufffc"
"""Stands in a prompt for a picture; people's own are taken out."""


@dataclass(frozen=True)
class TokenChoice:
    """The decision on one token of a text."""

    start: int
    end: int
    """Its characters in the text, before it was cut."""
    voice: float
    """The voice's share of its probability, in 0..1."""
    since: int
    """The start of the characters that its messages have in common with the text."""
    places: list[list[int]]
    """[message row, place] of the newest messages that the voice had it from."""


@dataclass(frozen=True)
class GenerateReply:
    """The reply to `Generate`."""

    text: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    finish: str
    """stop, length, deadline, cancelled, ousted: another guild had to come first, or
    busy: so much was before it that there would have been no time for it."""
    first_token_ms: float
    total_ms: float
    voice_share: float = 0.0
    """Mean weight of the voice over the tokens written."""
    prompt_tokens_per_second: float = 0.0
    tokens_per_second: float = 0.0
    """Both as recently measured, cautiously; 0 without measurements."""
    picture_ms: float = 0.0
    """The time that the last picture took; 0 before there was one."""
    choices: list[TokenChoice] = field(default_factory=list)
    """The decisions on its tokens."""


@dataclass(frozen=True)
class Generate(Request[GenerateReply]):
    """Write text after a prompt; streams `Piece`s, the reply is a `Completion`."""

    method: ClassVar[str] = "generate"
    stream: int
    """The number that its `Piece`s carry."""
    conversation: str
    """The key of the guild's slot whose cached prefix fits best."""
    prompt: str
    """Plain text; special tokens in it are not parsed."""
    marked: list[str] = field(default_factory=list)
    """The same conversation in the model's chat template: marks and texts in turn.

    Only marks are read as special tokens. Empty lets the model read `prompt`.
    """
    pictures: list[str] = field(default_factory=list)
    """Pictures in base64, PNG or JPEG, one for each `PICTURE` of the prompt."""
    max_tokens: int = 120
    deadline_ms: int | None = None
    """Milliseconds from receipt after which the text ends at a sentence or word."""
    stop: list[str] = field(default_factory=lambda: ["\n"])
    temperature: float = 0.8
    top_p: float = 0.95
    seed: int = -1
    voice: str | None = None
    """Directory of the guild's token voice; None decodes with the model alone."""
    channels: list[int] | None = None
    """Rows of the only channels that the voice may speak from; None means all."""
    spans: list[list[int]] | None = None
    """[first, last] rows of the only messages that it may speak from; None: all."""
    near: list[int] = field(default_factory=list)
    """Rows of the channels that the voice leans to."""
    lean: float = 1.0
    """A place in them counts for so many elsewhere."""
    recent: list[str] = field(default_factory=list)
    """Messages before those in the prompt, oldest first, whose words may come again."""
    dial: int = 0
    """The dial: 0 is the model's own distribution, 100 the voice's."""
    guild: str = ""
    """The guild of the request: it has its share of the queue, and its own slots."""
    adapter: str | None = None
    """The guild's LoRA adapter, in GGUF."""
    never: list[str] = field(default_factory=list)
    """Words that must not be written."""
    unsaid: list[str] = field(default_factory=list)
    """Lines that no line may be, by their words; see `app.core.sentences.line_key`."""
    lines: int = 1
    """The most short lines of the text."""
    line_start: str = ""
    """The start of each line but the first: the speaker, as in the prompt."""
    grammar: str = ""
    """Rules in GBNF that the text keeps to; its likeliest tokens are then taken."""


@dataclass(frozen=True)
class FusedByHost:
    """A reply that a host's engine writes together with a voice, by its plug-in.

    It goes with the request for the reply, in `vllm_xargs` under `HOST_FIELD`.
    """

    guild: GuildId
    """The row of the guild whose voice it is; its files are found by that alone."""
    gone: list[int]
    """Rows of messages that its files still have, and that must not be said."""
    request: Generate
    """The request as the runner here would get it."""


@dataclass(frozen=True)
class CancelGenerate(Request[Done]):
    """Stop one generation between two decode calls."""

    method: ClassVar[str] = "cancel_generate"
    stream: int


@dataclass(frozen=True)
class Learn(Request[Done]):
    """Add messages to an open token voice (its tail) without a rebuild."""

    method: ClassVar[str] = "learn"
    voice: str
    messages: list[list[int | str]]
    """[message row id, text, channel row id] each."""


@dataclass(frozen=True)
class ForgetMessages(Request[Done]):
    """Take messages out of an open token voice at once."""

    method: ClassVar[str] = "forget"
    voice: str
    messages: list[int]


@dataclass(frozen=True)
class WeighMessages(Request[Done]):
    """Draw more rarely from some messages of an open token voice."""

    method: ClassVar[str] = "weigh"
    voice: str
    messages: list[list[float]]
    """[message row, weight] each; 1 is that of every other message."""


@dataclass(frozen=True)
class InfoReply:
    """The runner's model in words, its queue, and its memory."""

    description: str
    active: int
    waiting: dict[str, int]
    """Requests by guild."""
    memory_bytes: int


@dataclass(frozen=True)
class Info(Request[InfoReply]):
    """State of a runner at this moment."""

    method: ClassVar[str] = "info"


# Notifications from the runner to the bot.


@dataclass(frozen=True)
class Piece:
    """More text of a generation."""

    method: ClassVar[str] = "piece"
    stream: int
    text: str
    at_ms: float
    """Milliseconds since the request was received."""


@dataclass(frozen=True)
class TriesGpu:
    """From now on the libraries of a graphics card run, and may crash the runner."""

    method: ClassVar[str] = "tries_gpu"


@dataclass(frozen=True)
class GpuUse:
    """The part of a graphics card in the work of a model."""

    name: str = ""
    """Empty when the processor does all the work."""
    trouble: str = ""
    """The reason why a wanted card is not used."""
    layers: int = 0
    """The model's layers on the card, of `all_layers`."""
    all_layers: int = 0
    free_bytes: int = 0
    """Of the card's own memory, before the model was loaded."""


@dataclass(frozen=True)
class FoundGpu:
    """The reply of a runner that only looks for a graphics card."""

    method: ClassVar[str] = "found_gpu"
    gpu: GpuUse


@dataclass(frozen=True)
class TemplateRead:
    """The reply of a runner that only reads a model's chat template."""

    method: ClassVar[str] = "template_read"
    marks: TurnMarks | None
    """None if there is none that can be used."""


@dataclass(frozen=True)
class Ready:
    """The model is loaded; sent once, before anything but `TriesGpu`."""

    method: ClassVar[str] = "ready"
    model: str
    """Its file's name."""
    context: int
    """Tokens of memory."""
    can_roll_back: bool
    """True if a prompt that differs late is only read from there on."""
    prompt_tokens_per_second: float
    tokens_per_second: float
    """Both measured on this machine, right after loading."""
    gpu: GpuUse = GpuUse()
    can_see: bool = False
    """True if it has a projector, and so looks at pictures."""
    blindness: str = ""
    """The reason why a projector is not used."""
    sight_bytes: int = 0
    """The memory that its projector takes."""


REQUESTS = (Generate, CancelGenerate, Learn, ForgetMessages, WeighMessages, Info)
NOTIFICATIONS = (Piece, TriesGpu, FoundGpu, TemplateRead, Ready)
