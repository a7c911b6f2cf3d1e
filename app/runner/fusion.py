"""The next token's distribution, decided by the model and the voice together."""

import numpy as np
import numpy.typing as npt

from app.voice.tokens import Prediction

Probabilities = npt.NDArray[np.float32]


def fuse(
    logits: npt.NDArray[np.float32], prediction: Prediction | None, dial: int
) -> Probabilities:
    """Return the distribution of the next token; sums to 1.

    Args:
        logits: Shape (vocabulary,): the model's, as it gives them; not changed.
        prediction: The voice's; None where there is no voice.
        dial: 0 is the model's own distribution, 100 the voice's, 50 the mixture with
            the least surprise on held-out messages.
    """
    probs: Probabilities = logits - logits.max()
    np.exp(probs, out=probs)
    probs /= probs.sum()
    if prediction is None or dial <= 0:
        return probs
    weight = np.float32(voice_weight(prediction, dial))
    probs *= 1 - weight
    probs += prediction.base * (weight * np.float32(prediction.rest))
    probs[prediction.ids] += prediction.probabilities * weight
    return probs


def voice_weight(prediction: Prediction, dial: int) -> float:
    """Return λ, the voice's share of this token, in 0..1."""
    return dial / 100


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
        probs: Shape (vocabulary,), sums to 1; not changed.
        rng: Where chance comes from.
        temperature: Below 1 the likely become likelier; 0 takes the likeliest.
        top_p: The likeliest tokens that together reach this share stay.
        min_p: Tokens at least this share of the likeliest one's probability stay.
    """
    if temperature <= 0:
        return int(probs.argmax())
    kept = np.flatnonzero(probs >= probs.max() * max(min_p, 1e-6))
    kept = kept[np.argsort(-probs[kept], kind="stable")]
    mass = np.cumsum(probs[kept], dtype=np.float64)
    kept = kept[: int(np.searchsorted(mass, top_p * mass[-1])) + 1]
    weights = probs[kept].astype(np.float64) ** (1 / temperature)
    reach = np.cumsum(weights)
    drawn = int(np.searchsorted(reach, rng.random() * reach[-1], "right"))
    return int(kept[min(drawn, len(kept) - 1)])
