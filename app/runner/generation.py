"""One generation in the scheduler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf

from app.core.sentences import whole_sentences
from app.ipc.inference import Generate, GenerateReply, TokenChoice
from app.runner.llama import Adapter
from app.runner.looker import SeenPicture
from app.runner.sampler import Chooser
from app.runner.slots import Slot
from app.runner.stream_text import StreamText

LINE_SHARE = 0.5
"""The share of the deadline after which no new line starts."""


@dataclass
class Generation:
    """A request, its progress, and the outlet for its text."""

    request: Generate
    prompt: list[int]
    """The prompt's tokens."""
    chooser: Chooser
    received: float
    """The time of arrival, in seconds of the scheduler's clock."""
    on_piece: Callable[[str, float], None]
    """Receives more text, and the milliseconds since arrival."""
    on_done: Callable[[GenerateReply], None]
    adapter: Adapter | None = None
    """The adapter that its guild tuned the model with."""
    line_start: list[int] = field(default_factory=list)
    """Tokens between two lines of one reply: the line's end and the speaker."""
    pictures: Mapping[int, SeenPicture] = field(default_factory=dict)
    """The pictures in the prompt, by their first negative token."""
    slot: Slot | None = None
    cached: int = 0
    """Prompt tokens that need no evaluation."""
    written: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    """Those in the present line."""
    pending: list[int] = field(default_factory=list)
    """Tokens after the prompt to evaluate next."""
    choices: list[TokenChoice] = field(default_factory=list)
    """The decision on each of them."""
    first_token: float | None = None
    is_only: bool = False
    """Nothing was before it, so it is tried: what was measured may be too slow."""
    is_cancelled: bool = False

    def __post_init__(self) -> None:
        self.text = StreamText(self.request.stop)
        self.lines_left = self.request.lines - 1

    @property
    def taken(self) -> Slot:
        """The slot it works in."""
        assert self.slot is not None
        return self.slot

    @property
    def unread(self) -> int:
        """The number of prompt tokens still to evaluate."""
        return len(self.prompt) - len(self.taken.tokens) if not self.written else 0

    def next_words(self, most: int) -> list[int]:
        """Return the next tokens to read, up to a picture."""
        read = len(self.taken.tokens)
        chunk = self.prompt[read : read + most]
        picture = next((at for at, token in enumerate(chunk) if token < 0), len(chunk))
        return chunk[:picture]

    @property
    def next_picture(self) -> SeenPicture | None:
        """The picture to read next; None where words come first."""
        read = len(self.taken.tokens)
        is_there = not self.written and read < len(self.prompt)
        return self.pictures.get(self.prompt[read]) if is_there else None

    @property
    def to_read(self) -> int:
        """The same, or what is expected before it has a slot."""
        return self.unread if self.slot else len(self.prompt) - self.cached

    @property
    def need(self) -> int:
        """The number of memory tokens it may need."""
        starts = len(self.line_start) * (self.request.lines - 1)
        return len(self.prompt) + self.request.max_tokens + starts

    @property
    def adapter_name(self) -> str:
        """The key that separates its tokens from those of other adapters."""
        return str(self.adapter.path) if self.adapter else ""

    def left(self, now: float) -> float:
        """Return the seconds until its deadline."""
        deadline = self.request.deadline_ms
        return inf if deadline is None else self.received + deadline / 1000 - now

    def is_late(self, now: float) -> bool:
        """True when its deadline has passed."""
        return self.left(now) <= 0

    def take(self, token: int, piece: bytes, now: float) -> None:
        """Append a chosen token."""
        if self.first_token is None:
            self.first_token = now
        self.written.append(token)
        self.line.append(token)
        self.pending = [token]
        start = self.text.size
        self.show(self.text.feed(piece), now)
        self._note(start)

    def _note(self, start: int) -> None:
        """Note the decision on the token whose text starts there."""
        choice = self.chooser.choice
        line = self.choices[-len(self.line) + 1 :] if len(self.line) > 1 else []
        state = line[-choice.held.state :] if choice.held.state else []
        since = state[0].start if state else start
        self.choices.append(
            TokenChoice(
                start,
                self.text.size,
                round(choice.voice, 3),
                since,
                [[*place] for place in choice.held.places],
            )
        )

    def begin_line(self, now: float) -> bool:
        """Continue in a new line; False if no line or no time is left."""
        deadline = self.request.deadline_ms
        used = (now - self.received) * 1000
        is_late = deadline is not None and used > deadline * LINE_SHARE
        if self.lines_left <= 0 or not self.line_start or is_late:
            return False
        self.lines_left -= 1
        self.line, self.pending = [], self.line_start
        self.chooser.begin_line()
        self.show(self.text.begin_line(), now)
        return True

    def show(self, text: str, now: float) -> None:
        """Pass on more text."""
        if text:
            self.on_piece(text, (now - self.received) * 1000)

    def finish(self, reason: str, now: float) -> None:
        """Report the end: stop, length, deadline, cancelled, ousted or busy."""
        text = self.text.text
        if reason == "deadline":
            text = whole_sentences(text)
        elif reason == "length":
            # `chat.postprocess` cuts a text without sentences, if it may be said.
            text = whole_sentences(text) or text
        elif reason == "stop":
            self.show(self.text.finish(), now)
            text = self.text.text
        first = now if self.first_token is None else self.first_token
        completion = GenerateReply(
            text=text,
            prompt_tokens=len(self.prompt),
            cached_tokens=self.cached,
            completion_tokens=len(self.written),
            finish=reason,
            first_token_ms=(first - self.received) * 1000,
            total_ms=(now - self.received) * 1000,
            voice_share=self.chooser.voice_share,
            choices=self.choices,
        )
        self.on_done(completion)
