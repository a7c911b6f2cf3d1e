from collections.abc import Sequence

import pytest

from app.chat.best_of_n import BestOf, echo
from app.core.errors import ProviderError
from app.core.names import GuildId
from app.providers.base import Completion, Prompt, Turn

TURNS = (Turn("Ann", "who likes pizza"),)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Several:
    """Writes one text after another, each in the time given; None fails."""

    name = "local"

    def __init__(
        self, clock: Clock, texts: Sequence[str | None], seconds: float = 0.1
    ) -> None:
        self.clock, self.texts, self.seconds = clock, list(texts), seconds
        self.prompts: list[Prompt] = []

    def unavailable(self, prompt: Prompt) -> str | None:
        return None

    async def write(self, prompt: Prompt):
        self.prompts.append(prompt)
        self.clock.now += self.seconds
        text = self.texts.pop(0)
        if text is None:
            raise ProviderError("it died")
        yield text
        finish = "deadline" if text.endswith("…") else "stop"
        ms = self.seconds * 1000
        yield Completion(
            text, finish, completion_tokens=3, first_token_ms=ms / 4, total_ms=ms
        )

    async def close(self) -> None: ...


async def by_pizza(texts: Sequence[str], turns: Sequence[Turn]) -> list[float]:
    return [float("pizza" in text) + 0.01 * len(text) for text in texts]


def refuse(text: str) -> str | None:
    return "a copy" if text.startswith("copy") else None


async def write(
    texts: Sequence[str | None], seconds: float = 0.1, crowd: int = 0, **options
):
    clock = Clock()
    provider = Several(clock, texts, seconds)
    best = BestOf(provider, 4, by_pizza, refuse, clock, lambda: crowd)
    prompt = Prompt(GuildId(1), "c", "Mynah", TURNS, deadline_ms=2000, **options)
    *pieces, done = [piece async for piece in best.write(prompt)]
    assert isinstance(done, Completion)
    assert pieces == [done.text]
    return done, provider


async def test_the_closest_of_four_is_taken_and_all_tokens_count():
    done, provider = await write(["hm", "i love a good pizza", "no", "what"])
    assert done.text == "i love a good pizza"
    assert done.completion_tokens == 12
    assert "best of 4" in done.notes[-1]
    assert [round(p.deadline_ms) for p in provider.prompts] == [2000, 1900, 1800, 1700]


async def test_a_text_that_only_repeats_what_was_said_is_not_taken():
    done, _ = await write(["who likes pizza", "hm", "cold pizza for me", "no"])
    assert done.text == "cold pizza for me"


async def test_another_line_costs_no_reading_but_only_its_words():
    _, provider = await write(["a", "b", "c"], seconds=0.5)
    assert len(provider.prompts) == 2


async def test_with_little_time_there_is_just_one():
    done, provider = await write(["hm", "pizza"], seconds=0.8)
    assert (done.text, len(provider.prompts)) == ("hm", 1)
    assert not done.notes


@pytest.mark.parametrize(("crowd", "lines"), [(1, 3), (2, 2), (3, 1), (9, 1)])
async def test_each_of_the_others_who_wait_costs_a_line(crowd: int, lines: int):
    _, provider = await write(["a", "b", "c", "d"], crowd=crowd)
    assert len(provider.prompts) == lines


async def test_copies_assistants_and_broken_lines_are_taken_only_for_want_of_others():
    others = ["copy of pizza", "how can i help you today with pizza", "pizza that…"]
    done, _ = await write([*others, "hm"])
    assert done.text == "hm"
    done, _ = await write(others[:1] * 4)
    assert done.text == others[0]


async def test_a_failure_after_the_first_line_ends_the_tries():
    done, provider = await write(["hm", None, "pizza"])
    assert (done.text, len(provider.prompts)) == ("hm", 2)
    with pytest.raises(ProviderError):
        await write([None])


async def test_a_fixed_seed_differs_between_tries_and_no_chance_needs_one():
    _, provider = await write(["a", "b", "c", "d"], random_seed=7)
    assert [prompt.random_seed for prompt in provider.prompts] == [7, 8, 9, 10]
    _, provider = await write(["a", "b"], temperature=0)
    assert len(provider.prompts) == 1


def test_an_echo_has_no_words_of_its_own():
    assert echo("Pizza, who?", TURNS) == 1
    assert echo("lol", TURNS) == 0
    assert echo("😀", TURNS) == 0
