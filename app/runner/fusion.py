"""Combines the model's and the voice's distributions of the next token.

    P(next) = w₁ · P_model + w₂ · P_both + Σ wₖ · P_part k of the voice
    P_both  ∝ P_model ** 0.6 · P_voice ** 0.5 / P_guild ** 0.25

P_model comes from the model after the prompt. The voice's parts are the tokens that
follow the last few tokens in the guild and in the conversation, P_voice is their
mixture, and P_guild is a token's overall frequency. The mixture is that of kNN-LM
(Khandelwal et al. 2020) and ∞-gram (Liu et al. 2024); the product, a log-linear
interpolation (Klakow 1998) with unigram rescaling (Kneser, Peters and Klakow 1997),
prefers what both sides find likely.

The weights are a softmax of linear functions (a mixture of experts, Jacobs et al. 1991)
of what both sides show: how often a part's state occurs and how its followers are
spread, how unsure the model is, and who was right so far in the message.

The prompt is the plain chat log: a line `name: text` a turn, cut
to 200 characters, no header, and the next speaker's `name:` at the end.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.voice.tokens import Numbers, Prediction, softmax

Logits = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float32]

BALANCED = 50
"""The dial at which the weights are as they were fitted, on held-out messages."""

MODEL_POWER = 0.6

CIRCUMSTANCES = 7
"""The number of trust features; see `Sides.circumstances`."""

# Fitted to held-out messages of several guilds by `python -m tests.bench.fit_fusion`:
# for the model and the product by the circumstances, for the base a constant, for the
# parts a row a kind, by the evidence and the model's entropy.
MODEL_WEIGHTS = np.array([2.514, 0.183, -0.075, -0.994, -0.565, 0.13, 0.159])
BOTH_WEIGHTS = np.array([2.167, 0.366, -0.023, -0.484, -0.803, -0.052, 0.191])
BASE_WEIGHT = -1.614
PARTS_WEIGHTS = np.array(
    [
        [-0.828, 0.299, -0.503, -2.222, 1.115, 1.148, 0.604],
        [-0.684, 0.536, -0.574, -2.307, 0.974, 0.63, 0.669],
        [-0.16, 0.618, -0.637, -1.841, 0.63, 0.937, 0.41],
        [-0.443, 0.75, -0.91, -2.067, 0.538, 0.837, 0.519],
        [0.179, 0.929, -1.278, -1.526, 1.045, 0.179, 0.504],
        [0.375, 0.272, -0.914, -0.584, -0.1, -2.148, 0.467],
        [-2.153, -0.165, -0.493, -2.157, -1.692, 1.301, 1.011],
        [0.017, 0.343, -0.147, -0.488, 0.134, 0.0, -0.578],
        [0.629, 1.702, 0.24, -0.367, 0.574, 0.0, -0.425],
    ]
)

_MEMORY = 0.7
"""The share of trust that remains after each token."""

_SURPRISE = 4.0
"""The most that a single token can move trust, in nats."""


_FLOORS = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6)
"""Floors, as shares of the highest probability; tokens below the last are dropped."""


class Fused(NamedTuple):
    """The model's and the voice's shares of the next token."""

    probs: Probabilities
    """Shape (vocabulary,); sums to 1."""
    weight: float
    """The voice's share, in 0..1; the product counts half."""
    log_sum: float
    """Logarithm of the sum of the exponentials of the model's logits."""
    weights: Numbers | None = None
    """Those of model, product, base and parts; None where one side decides alone."""


class Sides:
    """The opinions of model and voice on one token, before they are weighed."""

    def __init__(self, logits: Logits, prediction: Prediction) -> None:
        """Compare both sides; the logits, shape (vocabulary,), stay unchanged."""
        self.prediction = prediction
        top = logits.max()
        shifted = logits - top
        self._model: Probabilities = np.exp(shifted)
        self._model_sum = float(self._model.sum())
        self.log_sum = float(top) + math.log(self._model_sum)
        self.likeliest = -math.log(self._model_sum)
        # BLAS would use threads, which would get in the way of the model's.
        mean = float(np.einsum("i,i->", self._model, shifted)) / self._model_sum
        self.entropy = math.log(self._model_sum) - mean
        shifted *= np.float32(MODEL_POWER)
        self._both: Probabilities = np.exp(shifted, out=shifted)
        self._both *= prediction.base_root
        known, gains = prediction.gains()
        self._both[known] *= np.sqrt(gains)
        self._both_sum = float(self._both.sum())

    def circumstances(self, trust: float) -> Numbers:
        """Return the inputs for the weights of model and product; (CIRCUMSTANCES,).

        That is 1, the model's entropy, its likeliest token's log-probability, the
        trust, whether the message starts, whether the guild's longest state is one
        symbol, and the logarithm of the place in the message.
        """
        said = self.prediction
        is_start, is_short = said.at == 0, said.depth == 1
        return np.array(
            [
                1.0,
                self.entropy,
                self.likeliest,
                trust,
                is_start,
                is_short,
                math.log1p(said.at),
            ]
        )

    def weights(self, dial: int, trust: float) -> Numbers:
        """Return the weights of model, product, base and parts; shape (3 + parts,).

        The dial moves the odds of the voice against the model: at 75 they are three
        times those at 50; the product, half of each, moves by the root of it.

        Args:
            dial: 1..99.
            trust: As for `fuse`.
        """
        around = self.circumstances(trust)
        kinds, evidence = self.prediction.kinds, self.prediction.evidence
        rows = PARTS_WEIGHTS[kinds]
        parts = np.einsum("ij,ij->i", rows[:, :-1], evidence)
        parts += rows[:, -1] * self.entropy
        firsts = [MODEL_WEIGHTS @ around, BOTH_WEIGHTS @ around, BASE_WEIGHT]
        energies = np.concatenate([firsts, parts])
        odds = math.log(dial / (100 - dial))
        energies[1] += odds / 2
        energies[2:] += odds
        return softmax(energies)

    def shares_of(self, token: int) -> Numbers:
        """Return a token's probability in each of what `weights` weighs."""
        model = float(self._model[token]) / self._model_sum
        both = float(self._both[token]) / self._both_sum
        return np.concatenate([[model, both], self.prediction.shares_of(token)])

    def probability(self, token: int, dial: int, trust: float) -> float:
        """Return a token's probability in the fused distribution."""
        if dial <= 0:
            return float(self._model[token]) / self._model_sum
        if dial >= 100:
            return self.prediction.probability(token)
        return float(self.weights(dial, trust) @ self.shares_of(token))

    def mixed(self, dial: int, trust: float) -> Fused:
        """Return the fused distribution, written over the sides themselves.

        Fresh arrays of this size would cost more than all the sums.
        """
        if dial >= 100:
            voice = self.prediction.mixed(self.prediction.weights)
            return Fused(voice, 1.0, self.log_sum)
        probs, spare = self._model, self._both
        if dial <= 0:
            probs /= self._model_sum
            return Fused(probs, 0.0, self.log_sum)
        weights = self.weights(dial, trust)
        probs *= np.float32(weights[0] / self._model_sum)
        spare *= np.float32(weights[1] / self._both_sum)
        probs += spare
        np.multiply(self.prediction.base, np.float32(weights[2]), out=spare)
        probs += spare
        self.prediction.add_parts(probs, weights[3:])
        share = 1 - float(weights[0]) - float(weights[1]) / 2
        return Fused(probs, share, self.log_sum, weights)


def fuse(
    logits: Logits, prediction: Prediction | None, dial: int, trust: float = 0.0
) -> Fused:
    """Return the distribution of the next token.

    Every token that the model gives a chance keeps one, and below dial 100 so does a
    token unknown to the voice; a message's end always has a chance.

    Args:
        logits: Shape (vocabulary,): the model's, finite; not changed.
        prediction: The voice's; None where there is no voice.
        dial: 0 is the model's own distribution, 100 the voice's.
        trust: What `next_trust` returned for the message so far; 0 at its start.
    """
    if prediction is not None and dial > 0:
        return Sides(logits, prediction).mixed(dial, trust)
    top = logits.max()
    probs: Probabilities = np.exp(logits - top)
    total = float(probs.sum())
    probs /= total
    return Fused(probs, 0.0, float(top) + math.log(total))


def voice_share(
    fused: Fused, logits: Logits, prediction: Prediction, token: int
) -> float:
    """Return the voice's share of a token's probability; the product counts half."""
    weights = fused.weights
    if weights is None:
        return fused.weight
    model = float(weights[0]) * math.exp(float(logits[token]) - fused.log_sum)
    voice = float(weights[2:] @ prediction.shares_of(token))
    both = max(float(fused.probs[token]) - model - voice, 0.0)
    total = model + voice + both
    return (voice + both / 2) / total if total else fused.weight


def next_trust(
    trust: float, logits: Logits, log_sum: float, prediction: Prediction, token: int
) -> float:
    """Update the trust in the voice after a token: which side predicted it better.

    Args:
        trust: Before the token.
        logits: The model's, matching `log_sum` of `Fused`.
        log_sum: See `Fused`.
        prediction: The voice's.
        token: The chosen token, or the one in the text.
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
        temperature: Below 1 favors likely tokens; 0 takes the likeliest.
        top_p: Keep the likeliest tokens that together reach this share.
        min_p: Keep tokens with at least this share of the highest probability.
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

    Sorting thousands of tokens would take a tenth of a small model's time, so this
    tries ever lower floors until enough is above.
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
