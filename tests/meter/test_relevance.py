import numpy as np
import pytest

from app.meter.relevance import auc


def test_replies_of_their_own_conversation_win_always():
    same = np.eye(4, dtype=np.float32)
    assert auc(same, same) == 1


def test_replies_that_fit_all_alike_are_worth_a_coin():
    one = np.ones((3, 2), np.float32)
    assert auc(one, one) == pytest.approx(0.5)


def test_one_reply_cannot_be_compared():
    with pytest.raises(ValueError, match="two"):
        auc(np.ones((1, 2), np.float32), np.ones((1, 2), np.float32))
