"""Whether replies belong to their conversations, told by meaning."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def auc(replies: Floats, conversations: Floats) -> float:
    """The chance that a reply is closer to its own conversation than to another one.

    The area under the ROC curve of cosines, a reply at a time: its own conversation
    against all the others as shuffled ones. 0.5 is no relevance; a tie counts half.

    Args:
        replies: Unit vectors, shape (replies, dimension).
        conversations: Of the conversation of each, shape (replies, dimension).

    Raises:
        ValueError: If there are fewer than two.
    """
    count = len(replies)
    if count < 2:
        raise ValueError("relevance needs two replies to compare")
    cosines = replies @ conversations.T
    own = np.diagonal(cosines)[:, None]
    wins = (cosines < own).sum() + 0.5 * ((cosines == own).sum() - count)
    return float(wins / (count * (count - 1)))
