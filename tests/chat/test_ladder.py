import asyncio
import time
from dataclasses import dataclass, field, replace

import pytest

from app.chat.circuit_breaker import CircuitBreaker
from app.chat.fair_queue import FairQueue
from app.chat.halt import Halt
from app.chat.ladder import SPEECHLESS, Ladder, Rung
from app.core.errors import InputRefusedError, ProviderError
from app.core.names import GuildId
from app.providers.base import Completion, FreshStart, Prompt, Turn, Used

PROMPT = Prompt(GuildId(1), "1:1", "Mynah", (Turn("ann", "hello?"),))


@dataclass
class FakeProvider:
    """Yields its pieces with pauses; an exception among them is raised."""

    name: str
    script: list[object] = field(default_factory=list)
    reason: str | None = None
    seen: list[Prompt] = field(default_factory=list)
    closed: int = 0

    def unavailable(self, prompt):
        return self.reason

    async def write(self, prompt):
        self.seen.append(prompt)
        text = ""
        try:
            for item in self.script:
                if isinstance(item, Completion):
                    yield item
                    return
                if isinstance(item, float):
                    await asyncio.sleep(item)
                elif isinstance(item, Exception):
                    raise item
                else:
                    text += str(item)
                    yield item
            yield Completion(text, completion_tokens=len(text.split()))
        finally:
            self.closed += 1

    async def close(self):
        pass


def chain(text="the chain says so"):
    return FakeProvider("markov", [text])


def outcomes(answer):
    return [(record.provider, record.outcome) for record in answer.rungs]


async def climb(*providers, deadline_ms=2000.0, **kwargs):
    rungs = [item if isinstance(item, Rung) else Rung(item) for item in providers]
    return await Ladder(rungs, time.monotonic, **kwargs).answer(PROMPT, deadline_ms)


async def test_the_first_provider_answers_and_the_rest_are_not_asked():
    model, last = FakeProvider("local", ["hello ", "to you"]), chain()
    answer = await climb(model, last)
    assert answer.finished.text == "hello to you"
    assert answer.provider == "local"
    assert outcomes(answer) == [("local", "answered")]
    assert not last.seen
    assert model.closed == 1


async def test_a_skipped_rung_says_why():
    answer = await climb(FakeProvider("local", reason="no model is loaded"), chain())
    assert outcomes(answer) == [("local", "skipped"), ("markov", "answered")]
    assert answer.rungs[0].reason == "no model is loaded"


async def test_checks_skip_before_the_provider_is_looked_at():
    cloud = FakeProvider("openai", ["hi there you"])
    rung = Rung(cloud, checks=(lambda prompt: "this server is locked to local",))
    answer = await climb(rung, chain())
    assert answer.rungs[0].reason == "this server is locked to local"
    assert not cloud.seen


async def test_a_failure_falls_to_the_next_rung():
    broken = FakeProvider("openai", [ProviderError("429 from the API.")])
    answer = await climb(broken, FakeProvider("local", ["fine by me"]), chain())
    assert outcomes(answer) == [("openai", "failed"), ("local", "answered")]
    assert "429" in answer.rungs[0].reason


async def test_a_slow_first_token_leaves_time_for_the_next_model():
    slow = FakeProvider("openai", [5.0, "late"])
    quick = FakeProvider("local", ["in good time"])
    answer = await climb(slow, quick, chain(), deadline_ms=600)
    assert outcomes(answer) == [("openai", "late"), ("local", "answered")]
    assert slow.closed == 1
    assert answer.total_ms < 600


async def test_a_stream_that_stalls_is_ended_at_a_whole_word():
    stalls = FakeProvider("local", ["one sentence here. and half a wor", 5.0])
    answer = await climb(stalls, chain(), deadline_ms=400)
    assert answer.provider == "local"
    assert answer.finished.text == "one sentence here."
    assert answer.total_ms < 400
    assert any("stopped early" in note for note in answer.notes)


async def test_a_stream_that_breaks_too_early_is_taken_back():
    pieces: list[str | None] = []
    broken = FakeProvider("local", ["one", ProviderError("The runner died.")])
    answer = await climb(broken, chain(), on_piece=pieces.append)
    assert answer.provider == "markov"
    assert pieces == ["one", None, "the chain says so"]
    assert outcomes(answer)[0] == ("local", "failed")


async def test_assistant_speak_is_rejected_and_the_chain_answers():
    model = FakeProvider("local", ["As an AI language model, I like it here"])
    answer = await climb(model, chain())
    assert outcomes(answer)[0] == ("local", "rejected")
    assert answer.provider == "markov"


async def test_a_rejected_text_is_written_again_where_the_rung_has_another_try():
    @dataclass
    class Learns(FakeProvider):
        async def write(self, prompt):
            self.script = ["words of its own" if self.seen else "stolen words of ann"]
            async for piece in super().write(prompt):
                yield piece

    model = Learns("local")
    climbed = Ladder(
        [Rung(model, tries=2), Rung(chain())],
        time.monotonic,
        lambda text: "a copy" if "stolen" in text else None,
    )
    answer = await climbed.answer(replace(PROMPT, random_seed=7), 2000.0)
    assert outcomes(answer) == [("local", "rejected"), ("local", "answered")]
    assert [prompt.random_seed for prompt in model.seen] == [7, 8]


async def test_a_model_without_chance_is_not_asked_again_for_the_same_text():
    model = FakeProvider("local", ["stolen words of ann"])
    climbed = Ladder(
        [Rung(model, tries=2), Rung(chain())],
        time.monotonic,
        lambda text: "a copy" if "stolen" in text else None,
    )
    answer = await climbed.answer(replace(PROMPT, temperature=0.0), 2000.0)
    assert outcomes(answer) == [("local", "rejected"), ("markov", "answered")]


async def test_a_broken_rung_has_no_other_try():
    broken = FakeProvider("local", [ProviderError("The runner died.")])
    answer = await climb(Rung(broken, tries=2), chain())
    assert outcomes(answer) == [("local", "failed"), ("markov", "answered")]


async def test_the_caller_may_reject_a_model_but_not_the_chain():
    answer = await climb(
        FakeProvider("local", ["stolen words of ann"]),
        chain("stolen words of bob"),
        reject=lambda text: "ten words of one message" if "stolen" in text else None,
    )
    assert answer.rungs[0].reason == "ten words of one message"
    assert answer.finished.text == "stolen words of bob"


async def test_with_no_time_left_only_the_chain_is_asked():
    model = FakeProvider("local", ["hello there you"])
    answer = await climb(model, chain(), deadline_ms=120)
    assert outcomes(answer) == [("local", "skipped"), ("markov", "answered")]
    assert not model.seen


async def test_even_a_broken_chain_leaves_nobody_without_words():
    answer = await climb(FakeProvider("markov", [ProviderError("Disk gone.")]))
    assert answer.finished.text == SPEECHLESS
    assert answer.provider == "none"


async def test_the_breaker_opens_and_skips():
    breaker = CircuitBreaker(time.monotonic, threshold=2)
    broken = FakeProvider("openai", [ProviderError("No.")])
    for _ in range(2):
        await climb(Rung(broken, breaker=breaker), chain())
    answer = await climb(Rung(broken, breaker=breaker), chain())
    assert outcomes(answer)[0] == ("openai", "skipped")
    assert len(broken.seen) == 2


async def test_words_that_a_host_refused_do_not_close_it_for_others():
    breaker = CircuitBreaker(time.monotonic, threshold=1)
    flagged = FakeProvider("openai", [InputRefusedError("It refused these words.")])
    rung = Rung(flagged, breaker=breaker)
    assert outcomes(await climb(rung, chain()))[0] == ("openai", "failed")
    await climb(rung, chain())
    assert len(flagged.seen) == 2


async def test_what_was_shown_before_a_refusal_is_withdrawn():
    shown: list[str | None] = []
    refusal = InputRefusedError("It refused to answer.")
    answer = await climb(
        FakeProvider("openai", ["Well, ", refusal]), chain(), on_piece=shown.append
    )
    assert answer.provider == "markov"
    assert shown[:2] == ["Well, ", None]


async def test_what_proved_to_be_a_thought_is_withdrawn_and_never_sent():
    shown: list[str | None] = []
    thought = "now what would a regular say here"
    model = FakeProvider(
        "openai", [thought, FreshStart("hello"), ProviderError("It broke.")]
    )
    answer = await climb(model, chain(), on_piece=shown.append)
    assert answer.finished.text == "the chain says so"
    assert shown[:3] == [thought, None, "hello"]


async def test_a_model_that_thinks_is_at_work_and_not_late():
    model = FakeProvider("openai", ["", 0.7, "hello to you"])
    answer = await climb(
        model, FakeProvider("local", ["here"]), chain(), deadline_ms=1200
    )
    assert answer.provider == "openai"


async def test_the_provider_is_told_its_time():
    model = FakeProvider("local", ["hello there you"])
    await climb(model, chain(), deadline_ms=1000)
    assert 760 < model.seen[0].deadline_ms <= 860


async def test_the_prompt_is_fitted_to_the_time_left():
    model = FakeProvider("local", ["hello there you"])
    rung = Rung(model, fit=lambda prompt, left: replace(prompt, max_words=int(left)))
    answer = await climb(rung, chain(), deadline_ms=1000)
    assert model.seen[0].max_words == answer.prompt.max_words <= 860


async def test_a_full_queue_is_a_reason():
    queue = FairQueue(1, max_waiting=0)
    async with queue.place(GuildId(1)):
        answer = await climb(Rung(FakeProvider("local", ["x"]), queue=queue), chain())
    assert outcomes(answer)[0] == ("local", "skipped")
    async with asyncio.timeout(1), queue.place(GuildId(1)):
        pass


async def test_a_turn_that_does_not_come_is_no_fault_of_the_host():
    queue, breaker = FairQueue(1), CircuitBreaker(time.monotonic, threshold=1)
    rung = Rung(FakeProvider("openai", ["x"]), queue=queue, breaker=breaker)
    async with queue.place(GuildId(1)):
        answer = await climb(rung, chain(), deadline_ms=400)
    assert (answer.provider, answer.rungs[0].outcome) == ("markov", "skipped")
    assert "its turn did not come" in answer.rungs[0].reason
    assert breaker.refuses() is None


async def test_cancelling_closes_the_provider_and_frees_the_queue():
    queue, slow = FairQueue(1), FakeProvider("local", [5.0])
    task = asyncio.create_task(climb(Rung(slow, queue=queue), chain()))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.closed == 1
    async with asyncio.timeout(1), queue.place(GuildId(1)):
        pass


class SlowToEnd(FakeProvider):
    """Begins, and when it is ended takes as long as the test says."""

    begun, done = asyncio.Event(), asyncio.Event()

    async def write(self, prompt):
        self.begun.set()
        try:
            await asyncio.sleep(5)
            yield "never"
        finally:
            await self.done.wait()


async def test_a_reply_that_ends_already_can_be_stopped_again():
    halt, model = Halt(), SlowToEnd("local")
    task = asyncio.create_task(climb(model, chain(), halt=halt))
    await model.begun.wait()
    halt.want()
    await asyncio.sleep(0.01)
    halt.want()
    model.done.set()
    assert outcomes(await task) == [("local", "stopped")]


@pytest.mark.parametrize("said", ["The", "O", "@", "Could", "1.", "I think that the"])
@pytest.mark.parametrize("finish", ["deadline", "length"])
async def test_a_fragment_of_a_text_that_was_cut_is_never_sent(said, finish):
    pieces: list[str | None] = []
    cut = Completion(said, finish=finish)
    model = FakeProvider("local", [said, cut])
    answer = await climb(model, chain(), on_piece=pieces.append)
    assert answer.provider == "markov"
    assert pieces[:2] == [said, None]


async def test_a_message_whose_words_were_cut_is_no_source():
    said = "The boats are out. And the tide is"
    used = (Used(1, 2, "The boats"), Used(2, 3, "the tide is"), Used(3))
    cut = Completion(said, finish="deadline", sources=used)
    answer = await climb(FakeProvider("local", [said, cut]), chain())
    assert answer.finished.text == "The boats are out."
    assert [one.message for one in answer.completion.sources] == [1, 3]
