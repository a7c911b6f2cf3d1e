"""Turns opinions of replies into weights of their source messages."""

from app.chat import feedback_weights
from app.store.feedback import Vote


def test_without_opinions_a_message_weighs_all() -> None:
    assert feedback_weights.weight([]) == 1.0


def test_every_dislike_halves_and_likes_make_up_for_it() -> None:
    assert feedback_weights.weight([Vote(1, "thumb", -1)]) == 0.5
    assert (
        feedback_weights.weight([Vote(1, "thumb", -1), Vote(2, "deleted", -1)]) == 0.25
    )
    assert feedback_weights.weight([Vote(1, "thumb", -1), Vote(2, "thumb", 1)]) == 1.0
    assert feedback_weights.weight([Vote(1, "thumb", 1), Vote(2, "thumb", 1)]) == 1.0


def test_a_crowd_on_one_reply_counts_once() -> None:
    crowd = [Vote(1, "thumb", -1) for _ in range(50)]
    assert feedback_weights.weight(crowd) == 0.5


def test_asking_again_and_editing_are_mild() -> None:
    mild = feedback_weights.opinions([Vote(1, "again", -1), Vote(2, "edited", -1)])
    assert mild == {1: -0.5, 2: -0.5}


def test_the_most_disliked_message_may_still_be_drawn_from() -> None:
    votes = [Vote(reply, "thumb", -1) for reply in range(100)]
    assert feedback_weights.weight(votes) == feedback_weights.LEAST_WEIGHT > 0


def test_only_those_that_weigh_less_are_named() -> None:
    votes = {7: [Vote(1, "thumb", -1)], 8: [Vote(1, "thumb", 1)]}
    assert feedback_weights.weights(votes) == {7: 0.5}
