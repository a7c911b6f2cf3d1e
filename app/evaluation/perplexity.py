"""Measures how well model, voice and both together predict unseen messages.

A message is scored token by token after the chat log before it (`name: text` lines),
with the line break that ends it. Perplexity is per token; bits per byte are comparable
between models.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.evaluation.held_out import Held
from app.runner.fusion import BALANCED, Sides, next_trust
from app.runner.llama import Batch, Context, Model
from app.runner.message_tokens import end_token, message_tokens, said_in
from app.runner.model_loader import thread_choices
from app.runner.token_table import Logits
from app.voice.conversation_cache import ConversationCache
from app.voice.index import Lean
from app.voice.tokens import Prediction, TokenVoice

DIALS = tuple(range(0, 101, 10))
TURN_CHARS = 200
MESSAGE_CHARS = 300
_BATCH = 512
_TINY = 1e-30
_TRY_EVERY = 16
"""The number of messages between tries of another number of threads."""


@dataclass(frozen=True)
class Surprise:
    """The surprise of one predictor."""

    bits_per_byte: float
    perplexity: float
    """Of a token."""


@dataclass(frozen=True)
class FusedSurprise(Surprise):
    """The surprise of model and voice together."""

    dial: int


@dataclass(slots=True)
class Scores:
    """Sums over all scored messages."""

    messages: int = 0
    tokens: int = 0
    bytes: int = 0
    nats: dict[str, float] = field(default_factory=dict)
    """Surprise by predictor: `model`, `voice`, or a dial's number."""

    def add(self, predictor: str, nats: float) -> None:
        """Count the surprise of one token."""
        self.nats[predictor] = self.nats.get(predictor, 0.0) + nats

    def of(self, predictor: str) -> Surprise:
        """Return the bits per byte and the perplexity per token."""
        return Surprise(*self._surprise(predictor))

    def _surprise(self, predictor: str) -> tuple[float, float]:
        nats = self.nats[predictor]
        return nats / math.log(2) / self.bytes, math.exp(nats / self.tokens)

    def report(self, dial: int = BALANCED) -> "VoiceScores":
        """Return the scores of model, voice and both."""
        return VoiceScores(
            self.messages,
            self.tokens,
            self.of("model"),
            self.of("voice"),
            FusedSurprise(*self._surprise(str(dial)), dial),
            {str(step): self.of(str(step)) for step in DIALS},
            min(DIALS, key=lambda step: self.nats[str(step)]),
        )


@dataclass(frozen=True)
class VoiceScores:
    """The output of `mynah eval voice --json`."""

    messages: int
    tokens: int
    model: Surprise
    voice: Surprise
    fused: FusedSurprise
    dials: dict[str, Surprise]
    recommended: int
    """The dial that predicts best."""
    without_adapter: "VoiceScores | None" = None


def prompt_of(held: Held) -> str:
    """Return the chat log up to the place of the message."""
    lines = [f"{name}: {_line(text)[:TURN_CHARS]}\n" for name, text in held.turns]
    return "".join([*lines, f"{held.name}:"])


def _line(text: str) -> str:
    return " ".join(text.split())


class Threads:
    """Uses the number of threads that is fastest now, and sometimes tries the others.

    On a busy machine llama.cpp's threads wait for each other, and more are far slower.
    """

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices = choices
        self._rates: dict[int, float] = {}
        self._taken = 0

    def take(self) -> int:
        """Return the number of threads for the next message."""
        self._taken += 1
        if len(self._rates) < len(self._choices) or self._taken % _TRY_EVERY == 0:
            turn = self._taken // _TRY_EVERY + len(self._rates)
            return self._choices[turn % len(self._choices)]
        return max(self._rates, key=lambda threads: self._rates[threads])

    def note(self, threads: int, tokens: int, seconds: float) -> None:
        """Note how long that many threads took for that many tokens."""
        self._rates[threads] = tokens / max(seconds, 1e-9)


class Scorer:
    """Scores messages with one model and one guild's voice."""

    def __init__(
        self,
        model: Model,
        context: Context,
        voice: TokenVoice,
        leans: Mapping[str, Lean] | None = None,
    ) -> None:
        """`leans` has what the voice leans to in channels, by their names."""
        self._leans = leans or {}
        self._model = model
        self._context = context
        self._voice = voice
        self._end = end_token(model)
        self._batch = Batch(_BATCH)
        self._threads = Threads(thread_choices())

    def score(
        self, messages: Iterable[Held], on_message: Callable[[int], None]
    ) -> Scores:
        """Return the sums over the messages, reporting the count after each."""
        scores = Scores()
        for held in messages:
            text = _line(held.text)[:MESSAGE_CHARS]
            own = [*message_tokens(self._model, text), self._end]
            prompt = self._model.tokens(prompt_of(held))
            said = said_in(self._model, prompt, held.recent)
            self._score_message(
                scores, prompt, own, said, self._leans.get(held.channel)
            )
            scores.messages += 1
            scores.bytes += len(text.encode()) + 1
            on_message(scores.messages)
        return scores

    def _score_message(
        self,
        scores: Scores,
        prompt: Sequence[int],
        own: Sequence[int],
        said: ConversationCache,
        lean: Lean | None,
    ) -> None:
        trust = 0.0
        for at, logits in enumerate(self.read(prompt, own)):
            token = own[at]
            prediction = self._voice.predict(own[:at], said, lean=lean)
            trust = add_token(scores, logits, prediction, token, trust)

    def read(self, prompt: Sequence[int], own: Sequence[int]) -> Iterable[Logits]:
        """Yield the logits before each own token; each is valid until the next."""
        self._context.drop(0)
        tokens = [*prompt, *own[:-1]][-self._context.size :]
        first = len(tokens) - len(own)
        threads = self._threads.take()
        self._context.set_threads(threads)
        seconds = 0.0
        for start in range(0, len(tokens), _BATCH):
            self._batch.clear()
            places = [
                self._batch.add(0, at, [tokens[at]], at >= first)
                for at in range(start, min(start + _BATCH, len(tokens)))
            ]
            began = time.perf_counter()
            if not self._context.decode(self._batch):
                raise ValueError("the context is too small for a message")
            seconds += time.perf_counter() - began
            for place in places:
                if start + place >= first:
                    yield self._context.logits(place)
        self._threads.note(threads, len(tokens), seconds)


def add_token(
    scores: Scores, logits: Logits, prediction: Prediction, token: int, trust: float
) -> float:
    """Count one token for every predictor, and return the trust after it."""
    sides = Sides(logits, prediction)
    shares = sides.shares_of(token)
    model = max(float(shares[0]), _TINY)
    voice = max(float(prediction.weights @ shares[2:]), _TINY)
    scores.tokens += 1
    scores.add("model", -math.log(model))
    scores.add("voice", -math.log(voice))
    scores.add("0", -math.log(model))
    scores.add("100", -math.log(voice))
    for dial in DIALS[1:-1]:
        fused = float(sides.weights(dial, trust) @ shares)
        scores.add(str(dial), -math.log(max(fused, _TINY)))
    return next_trust(trust, logits, sides.log_sum, prediction, token)
