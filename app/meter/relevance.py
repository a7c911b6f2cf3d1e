"""Measures by meaning whether replies belong to their conversations."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def auc(replies: Floats, conversations: Floats) -> float:
    """Return the chance that a reply is closer to its own conversation than to others.

    This is the area under the ROC curve of cosines, one reply at a time: its own
    conversation against all others. 0.5 means no relevance; a tie counts half.

    Args:
        replies: Unit vectors, shape (replies, dimension).
        conversations: The vectors of their conversations, shape (replies, dimension).

    Raises:
        ValueError: If there are fewer than two replies.
    """
    count = len(replies)
    if count < 2:
        raise ValueError("relevance needs two replies to compare")
    cosines = replies @ conversations.T
    own = np.diagonal(cosines)[:, None]
    wins = (cosines < own).sum() + 0.5 * ((cosines == own).sum() - count)
    return float(wins / (count * (count - 1)))
