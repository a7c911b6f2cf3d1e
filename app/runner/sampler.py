"""Chooses the next token of one generation from the model and the voice."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.core.never_said import never_said
from app.ipc.inference import Generate
from app.runner.fusion import (
    Fused,
    Probabilities,
    fuse,
    next_trust,
    sample,
    voice_share,
)
from app.runner.message_tokens import end_token, said_in
from app.runner.repetition import Repetition
from app.runner.token_table import Logits, TokenTable
from app.runner.word_guard import WordGuard
from app.voice.static_index import Lean, spans_of
from app.voice.tokens import Prediction, StateHolders, TokenVoice

if TYPE_CHECKING:
    from app.runner.grammar import Grammar

ENDS_FROM = 0.5
"""The share of the longest line from which its end becomes likelier."""

ENDS_BY = 4.0
"""The growth of its likelihood up to there, in nats."""


LEAST_SHARE = 0.2
"""The voice's share of a token's probability from which its messages are named."""

LEAST_STATE = 2
"""The fewest symbols of a state whose messages are named: a common token follows
another one in messages that have nothing to do with the reply."""

MOST_MESSAGES = 3


class Decided(NamedTuple):
    """The decision on one token."""

    voice: float = 0.0
    """The voice's share of its probability, in 0..1."""
    held: StateHolders = StateHolders()
    """The messages that the voice had it from."""


MOST_DRAWS = 100
"""The draws of one token before the line ends instead."""

NEVER = np.float32(30)
"""The nats by which what can't be chosen is less likely."""

LOOK_BACK = 64
"""The tokens in which a word may be spelled out."""


class Chooser:
    """The sampling of one generation."""

    def __init__(
        self,
        model: TokenTable,
        request: Generate,
        voice: TokenVoice | None,
        prompt: Sequence[int],
        rng: np.random.Generator,
        grammar: "Grammar | None" = None,
    ) -> None:
        """The prompt tokens are the conversation for the voice."""
        self._model = model
        self._voice = voice if request.dial > 0 else None
        self._dial = request.dial
        channels = request.channels
        self._channels = None if channels is None else frozenset(channels)
        spans = request.spans
        self._spans = None if spans is None else spans_of(spans)
        near = frozenset(request.near)
        self._lean = Lean(near, request.lean) if near else None
        self._said = said_in(model, prompt, request.recent) if self._voice else None
        self._folds = bool(request.marked) and self._voice is not None
        self._guard = WordGuard(model, prompt, self._voice, self._channels, self._spans)
        self._repetition = Repetition(
            model, request.prompt, request.line_start, request.unsaid, self._voice
        )
        self._most = request.max_tokens
        self._temperature = request.temperature
        self._top_p = request.top_p
        self._rng = rng
        self._never = never_said(tuple(request.never)) if request.never else None
        self._grammar = grammar
        self._trust = 0.0
        self.choice = Decided()
        """The last decision."""
        self._weights = 0.0
        self._chosen = 0

    @property
    def voice_share(self) -> float:
        """The mean weight of the voice over the chosen tokens."""
        return self._weights / self._chosen if self._chosen else 0.0

    def begin_line(self) -> None:
        """Start another message; trust does not carry over from the one before."""
        self._trust = 0.0

    def choose(self, logits: Logits, written: Sequence[int], *, may_end: bool) -> int:
        """Draw a token.

        Args:
            logits: Shape (vocabulary,); not changed.
            written: The tokens of the message so far.
            may_end: True when the message may end here; an empty reply is useless.
        """
        if self._grammar:
            return self._grammar.choose(logits)
        prediction = None
        if self._folds:
            logits = _folded(logits, self._model)
        if self._voice:
            prediction = self._voice.predict(
                written, self._said, self._channels, self._spans, self._lean
            )
        fused = fuse(logits, prediction, self._dial, self._trust)
        self._weights += fused.weight
        self._chosen += 1
        probs = fused.probs
        probs[self._model.control_tokens] = 0
        probs[self._guard.banned(written)] = 0
        probs[[*self._repetition.banned(written)]] = 0
        if may_end and self._repetition.may_end(written):
            self._near_the_end(probs, len(written))
        else:
            probs[self._model.end_tokens] = 0
            probs[self._model.line_tokens] = 0
        token = self._draw(probs, written)
        self.choice = Decided()
        if prediction is not None:
            self.choice = _choice(fused, logits, prediction, token)
            self._trust = next_trust(
                self._trust, logits, fused.log_sum, prediction, token
            )
        return token

    def _near_the_end(self, probs: Probabilities, length: int) -> None:
        """Make an end likelier as a line gets long, so that it need not be cut."""
        late = length / max(self._most, 1) - ENDS_FROM
        if late > 0:
            more = np.float32(math.exp(ENDS_BY * late / (1 - ENDS_FROM)))
            probs[self._model.end_tokens] *= more
            probs[self._model.line_tokens] *= more

    def _draw(self, probs: Probabilities, written: Sequence[int]) -> int:
        """Draw a token that finishes no word that must not be said or is made up.

        Whatever is written so far can end here, so there is always a way on.
        """
        for _ in range(MOST_DRAWS):
            token = sample(
                probs, self._rng, temperature=self._temperature, top_p=self._top_p
            )
            checks = self._guard.allows, self._repetition.allows, self._is_fit
            if all(allows(written, token) for allows in checks):
                return token
            probs[token] = 0
            if not probs.any():
                break
        return int(self._model.end_tokens[0])

    def _is_fit(self, written: Sequence[int], token: int) -> bool:
        if self._never is None:
            return True
        pieces = (self._model.piece(one) for one in (*written[-LOOK_BACK:], token))
        return not self._never.found_in(b"".join(pieces).decode("utf-8", "ignore"))


def _folded(logits: Logits, model: TokenTable) -> Logits:
    """Count the end of a turn in a template as the line break that the voice knows.

    Both then agree on the end of a message, which each side weighs.
    """
    line, ends = end_token(model), model.end_tokens
    together = np.logaddexp.reduce(logits[[line, *ends]])
    folded = logits.copy()
    folded[ends] = together - NEVER
    folded[line] = together
    return folded


def _choice(
    fused: Fused, logits: Logits, prediction: Prediction, token: int
) -> Decided:
    share = voice_share(fused, logits, prediction, token)
    if share < LEAST_SHARE:
        return Decided(share)
    held = prediction.held(token, MOST_MESSAGES)
    return Decided(share, held if held.state >= LEAST_STATE else StateHolders())
