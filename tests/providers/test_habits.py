"""Lessons from a host's refusals."""

from app.providers.openai.habits import Habits


class RefusedError(Exception):
    """A refusal as the client library raises it."""

    status_code = 400

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.body = {"message": words, "param": "reasoning_effort"}


def test_a_host_that_refuses_every_effort_it_named_is_soon_asked_without_one():
    habits = Habits.of("gpt-5-nano")
    body: dict[str, object] = {"reasoning_effort": "minimal"}
    first = RefusedError("Unsupported value. Supported values are: 'low' and 'high'.")
    second = RefusedError("Unsupported value. Supported values are: 'none' and 'high'.")
    assert habits.learn(first, body)
    assert (habits.effort, habits.refused) == ("low", set())
    assert habits.learn(second, body)
    assert habits.refused == {"reasoning_effort"}
    assert not habits.learn(first, body)
