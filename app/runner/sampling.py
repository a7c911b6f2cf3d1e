"""Draws tokens from distributions."""

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float32]

LEAST_SHARE = 1e-6
"""Tokens less likely than this part of the likeliest one are never drawn."""


def softmax(logits: npt.NDArray[np.float32]) -> Probabilities:
    """The distribution that logits stand for; shapes (vocabulary,) both."""
    probs: Probabilities = logits - logits.max()
    np.exp(probs, out=probs)
    probs /= probs.sum()
    return probs


def sample(
    probs: Probabilities, rng: np.random.Generator, *, temperature: float, top_p: float
) -> int:
    """A token drawn from the distribution.

    Args:
        probs: Shape (vocabulary,), not changed; need not sum to 1.
        temperature: Below 1 the likely become likelier; 0 takes the likeliest.
        top_p: The likeliest tokens that together reach this share stay (Holtzman et
            al. 2020); it is applied before the temperature.
    """
    if temperature <= 0:
        return int(probs.argmax())
    kept = np.flatnonzero(probs >= probs.max() * LEAST_SHARE)
    kept = kept[np.argsort(-probs[kept], kind="stable")]
    mass = np.cumsum(probs[kept], dtype=np.float64)
    kept = kept[: int(np.searchsorted(mass, top_p * mass[-1])) + 1]
    weights = probs[kept].astype(np.float64) ** (1 / temperature)
    reach = np.cumsum(weights)
    drawn = int(np.searchsorted(reach, rng.random() * reach[-1], "right"))
    return int(kept[min(drawn, len(kept) - 1)])
