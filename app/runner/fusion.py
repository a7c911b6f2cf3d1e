"""The next token's distribution, decided by the model and the voice together.

    P(next) = (1 − λ) · P_model(next | prompt) + λ · P_voice(next | last few tokens)

as in kNN-LM (Khandelwal et al. 2020) and ∞-gram (Liu et al. 2024). λ is a logistic
function of what both sides show: how long the voice's state is, how often it occurs,
how many tokens follow it, how unsure the model is, and who was right so far in the
message.

The prompt is the plain chat log: a line `name: text` a turn, cut
to 200 characters, no header, and the next speaker's `name:` at the end.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.voice.tokens import Prediction

Logits = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float32]

BALANCED = 50
"""The dial at which λ is as it was fitted, on held-out messages of five guilds."""

# Fitted to held-out messages of five guilds; `python -m tests.bench.fit_fusion` fits
# the same function to others.
_BIAS = -2.146
_BY_DEPTH = (0.0, 0.0, 0.410, 0.300, 0.011, 0.396)
_BY_COUNT = 0.734
_BY_DISTINCT = -0.910
_BY_ENTROPY = 0.201
_BY_TRUST = 0.761

_MEMORY = 0.7
"""How much of the trust so far remains after each token."""

_SURPRISE = 4.0
"""A single token moves trust by at most this much, in nats."""


_FLOORS = (1e-2, 1e-3, 1e-4, 1e-6)
"""Of the likeliest token's probability; what is below the last is never drawn."""


class Fused(NamedTuple):
    """What both sides say of the next token."""

    probs: Probabilities
    """Shape (vocabulary,); sums to 1."""
    weight: float
    """λ, the voice's share, in 0..1."""
    log_sum: float
    """Logarithm of the sum of the exponentials of the model's logits."""


def fuse(
    logits: Logits, prediction: Prediction | None, dial: int, trust: float = 0.0
) -> Fused:
    """Return the distribution of the next token.

    No token has probability zero that the model gives any, nor below dial 100 one that
    the voice gives none; a message's end always has some.

    Args:
        logits: Shape (vocabulary,): the model's, finite; not changed.
        prediction: The voice's; None where there is no voice.
        dial: 0 is the model's own distribution, 100 the voice's.
        trust: What `next_trust` returned for the message so far; 0 at its start.
    """
    top = logits.max()
    shifted = logits - top
    probs: Probabilities = np.exp(shifted)
    total = float(probs.sum())
    log_sum = float(top) + math.log(total)
    if prediction is None or dial <= 0:
        probs /= total
        return Fused(probs, 0.0, log_sum)
    entropy = math.log(total) - float(np.dot(probs, shifted)) / total
    weight = voice_weight(prediction, entropy, dial, trust)
    probs *= np.float32((1 - weight) / total)
    np.multiply(prediction.base, np.float32(weight * prediction.rest), out=shifted)
    probs += shifted
    for ids, shares in prediction.parts:
        probs[ids] += shares * np.float32(weight)
    return Fused(probs, weight, log_sum)


def voice_weight(
    prediction: Prediction, entropy: float, dial: int, trust: float = 0.0
) -> float:
    """Return λ, the voice's share of one token.

    The dial moves the odds of the voice: at 75 they are three times those at 50.

    Args:
        prediction: The voice's.
        entropy: The model's, in nats.
        dial: 0..100.
        trust: As for `fuse`.
    """
    if dial <= 0:
        return 0.0
    if dial >= 100:
        return 1.0
    evidence = gate(prediction.depth, prediction.count, prediction.distinct)
    evidence += _BY_ENTROPY * entropy + _BY_TRUST * trust
    return 1 / (1 + math.exp(-evidence) * (100 - dial) / dial)


def gate(depth: int, count: int, distinct: int) -> float:
    """Return how far the voice's state speaks for it, as logarithm of the odds."""
    of_state = _BY_COUNT * math.log(max(count, 1))
    return (
        _BIAS + _BY_DEPTH[depth] + of_state + _BY_DISTINCT * math.log(max(distinct, 1))
    )


def next_trust(
    trust: float, logits: Logits, log_sum: float, prediction: Prediction, token: int
) -> float:
    """Return the trust in the voice after a token: who foresaw the message so far.

    Args:
        trust: Before the token.
        logits: The model's, which `log_sum` of `Fused` belongs to.
        log_sum: See `Fused`.
        prediction: The voice's.
        token: The one that was chosen, or that stands in the text.
    """
    voice = math.log(max(prediction.probability(token), 1e-30))
    gained = voice - (float(logits[token]) - log_sum)
    gained = min(max(gained, -_SURPRISE), _SURPRISE)
    return _MEMORY * trust + (1 - _MEMORY) * gained


def sample(
    probs: Probabilities,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_p: float = 1.0,
    min_p: float = 0.0,
) -> int:
    """Return a token drawn from the distribution.

    Args:
        probs: Shape (vocabulary,), not negative, some above 0; not changed.
        rng: Where chance comes from.
        temperature: Below 1 the likely become likelier; 0 takes the likeliest.
        top_p: The likeliest tokens that together reach this share stay.
        min_p: Tokens at least this share of the likeliest one's probability stay.
    """
    if temperature <= 0:
        return int(probs.argmax())
    kept = _nucleus(probs, top_p, min_p)
    weights = probs[kept].astype(np.float64) ** (1 / temperature)
    reach = np.cumsum(weights)
    drawn = int(np.searchsorted(reach, rng.random() * reach[-1], "right"))
    return int(kept[min(drawn, len(kept) - 1)])


def _nucleus(probs: Probabilities, top_p: float, min_p: float) -> npt.NDArray[np.intp]:
    """Return the likeliest tokens that reach `top_p`, the likeliest first.

    Sorting thousands of tokens would take a tenth of a small model's time, so that ever
    lower floors are tried until enough is above.
    """
    top, wanted = probs.max(), top_p * float(probs.sum())
    for floor in _FLOORS:
        kept = np.flatnonzero(probs >= top * max(min_p, floor))
        shares = probs[kept]
        if min_p >= floor or float(shares.sum()) >= wanted:
            break
    order = np.argsort(-shares, kind="stable")
    mass = np.cumsum(shares[order], dtype=np.float64)
    return kept[order[: int(np.searchsorted(mass, wanted)) + 1]]
