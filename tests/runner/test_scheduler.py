"""The decoding loop over tiny real models: reuse, batching, deadlines, cancel."""

import re
from typing import Any

import numpy as np
import pytest

from app.chat.postprocess import finish
from app.core.errors import AppError
from app.core.never_said import NeverSaid
from app.core.sentences import whole_sentences
from app.ipc.inference import Generate, GenerateReply
from app.runner.generation import Generation
from app.runner.model_loader import SLOTS
from app.runner.sampler import Chooser
from app.runner.scheduler import MOST_WAITING, PROMPT_CHUNK, Scheduler
from app.runner.throughput import DecodeCall
from app.runner.word_guard import WordGuard
from tests.runner import tiny


class Clock:
    """Goes on by a fixed time whenever it is read."""

    def __init__(self, tick=0.0):
        self.now, self.tick = 0.0, tick

    def __call__(self):
        self.now += self.tick
        return self.now


class Runner:
    """A scheduler, and what its jobs brought."""

    def __init__(self, loaded, clock=None):
        self.loaded = loaded
        self.clock = clock or Clock()
        self.scheduler = Scheduler(loaded.context, loaded.can_roll_back, self.clock)
        self.pieces: dict[int, list[tuple[str, float]]] = {}
        self.done: dict[int, GenerateReply] = {}

    def submit(self, prompt, conversation="c", adapter=None, **more):
        stream = len(self.pieces) + 1
        options: dict[str, Any] = {"max_tokens": 12, "stop": [], "temperature": 0.0}
        request = Generate(stream, conversation, prompt, **options | more)
        model = self.loaded.model
        self.pieces[stream] = []
        self.scheduler.submit(
            Generation(
                request=request,
                prompt=model.tokens(prompt, is_start=True),
                chooser=Chooser(model, request, None, [], np.random.default_rng(1)),
                received=self.clock(),
                on_piece=lambda text, ms: self.pieces[stream].append((text, ms)),
                on_done=lambda done: self.done.update({stream: done}),
                adapter=adapter,
                line_start=model.tokens(f"\n{request.line_start}"),
            )
        )
        return stream

    def run(self):
        while not self.scheduler.is_idle:
            self.scheduler.step()

    def write(self, prompt, conversation="c", adapter=None, **more):
        stream = self.submit(prompt, conversation, adapter, **more)
        self.run()
        return self.done[stream]


@pytest.fixture(autouse=True)
def words_of_all_kinds(monkeypatch):
    """Let a model of random weights write names and numbers that nobody wrote."""
    monkeypatch.setattr(WordGuard, "banned", lambda guard, line: np.empty(0, np.int64))
    monkeypatch.setattr(WordGuard, "allows", lambda guard, line, token: True)


LONG = "the quick brown fox jumps over the lazy dog and runs away " * 3
KINDS = pytest.mark.parametrize("kind", [*tiny.KINDS])
CANNOT_ROLL_BACK = pytest.mark.parametrize("kind", ["recurrent", "hybrid"])


@KINDS
def test_a_generation_brings_text_and_counts(load, kind):
    done = Runner(load(kind)).write("hello")
    assert done.finish == "length"
    assert done.completion_tokens == 12
    assert done.prompt_tokens == 6
    assert done.cached_tokens == 0
    assert done.text


@KINDS
def test_a_reused_prefix_changes_nothing_of_what_is_written(load, kind):
    runner = Runner(load(kind))
    for prompt in (LONG, LONG + "bob: hi", LONG + "eve: hey", "the quick", LONG * 2):
        again = runner.write(prompt)
        fresh = Runner(load(kind)).write(prompt)
        assert again.text == fresh.text


def test_a_conversation_that_goes_on_reads_only_what_is_new(load):
    runner = Runner(load())
    first = runner.write(LONG)
    second = runner.write(LONG + "bob: hi")
    assert second.cached_tokens == first.prompt_tokens


def test_a_prefix_is_copied_from_another_conversation_that_stays_whole(load):
    runner = Runner(load())
    first = runner.write(LONG + "anna: one", "a")
    other = runner.write(LONG + "bob: two", "b")
    again = runner.write(LONG + "anna: one more", "a")
    assert other.cached_tokens == len(LONG) + 1
    assert again.cached_tokens == first.prompt_tokens


def test_a_sliding_window_goes_back_far_and_still_writes_the_same(load):
    runner = Runner(load("sliding"))
    runner.write(LONG + "anna: one" + LONG)
    again = runner.write(LONG + "bob: two")
    assert again.cached_tokens > len(LONG)
    assert again.text == Runner(load("sliding")).write(LONG + "bob: two").text


@CANNOT_ROLL_BACK
def test_a_model_that_cannot_roll_back_reads_the_whole_prompt_anew(load, kind):
    runner = Runner(load(kind))
    assert not runner.loaded.can_roll_back
    runner.write(LONG + "anna: one")
    assert runner.write(LONG + "bob: two").cached_tokens == 0


@CANNOT_ROLL_BACK
def test_a_conversation_that_only_goes_on_is_not_read_anew_by_any_model(load, kind):
    runner = Runner(load(kind))
    first = runner.write(LONG, stop=["never"])
    prompt = LONG + first.text + "bob: and then?"
    second = runner.write(prompt)
    assert second.text == Runner(load(kind)).write(prompt).text


@KINDS
def test_side_by_side_each_writes_what_it_would_write_alone(load, kind):
    prompts = [LONG, "short", LONG + "x", "something else here"]
    runner = Runner(load(kind, context=1024))
    streams = [runner.submit(prompt, prompt) for prompt in prompts]
    runner.run()
    for stream, prompt in zip(streams, prompts, strict=True):
        alone = Runner(load(kind)).write(prompt)
        assert runner.done[stream].text == alone.text


def test_a_short_prompt_overtakes_a_long_one_that_is_being_read(load):
    runner = Runner(load(context=2048))
    long = runner.submit(LONG * 8, "a")
    runner.scheduler.step()
    short = runner.submit("hi", "b", max_tokens=2)
    runner.scheduler.step()
    runner.scheduler.step()
    assert short in runner.done
    assert not runner.pieces[long]


def test_cancel_takes_effect_within_one_decode_call(load):
    runner = Runner(load(context=2048))
    stream = runner.submit(LONG * 8)
    runner.scheduler.step()
    runner.scheduler.cancel(stream)
    runner.scheduler.step()
    assert runner.done[stream].finish == "cancelled"
    assert runner.scheduler.is_idle


def test_what_a_cancelled_prompt_has_read_is_not_read_again(load):
    runner = Runner(load(context=2048))
    stream = runner.submit(LONG * 2)
    runner.scheduler.step()
    runner.scheduler.cancel(stream)
    runner.scheduler.step()
    assert runner.write(LONG * 2).cached_tokens == PROMPT_CHUNK


def test_a_job_that_waits_can_be_cancelled(load):
    runner = Runner(load())
    streams = [runner.submit("hi", str(n)) for n in range(12)]
    runner.scheduler.step()
    assert sum(runner.scheduler.waiting.values()) == 12 - SLOTS
    runner.scheduler.cancel(streams[-1])
    assert runner.done[streams[-1]].finish == "cancelled"
    runner.run()
    assert len(runner.done) == 12


def test_at_the_deadline_no_broken_sentence_is_left(load):
    runner = Runner(load(), Clock(tick=0.01))
    done = runner.write("hello", deadline_ms=500, max_tokens=400)
    assert done.finish == "deadline"
    assert 0 < done.completion_tokens < 400
    assert done.text == whole_sentences(done.text)
    assert done.total_ms < 600


def test_a_text_that_got_too_long_loses_its_last_word_once(load, monkeypatch):
    runner = Runner(load())
    text = "so we went down to the harbour and saw a ship wi"
    tokens = runner.loaded.model.tokens(text)
    say = lambda self, logits, written, *, may_end: tokens[len(written)]  # noqa: E731
    monkeypatch.setattr(Chooser, "choose", say)
    done = runner.write("hello", max_tokens=len(tokens))
    assert done.finish == "length"
    said = finish(done.text, "Mynah", cut=done.finish).text
    assert said == "so we went down to the harbour and saw a ship"


def test_a_prompt_that_cannot_be_read_in_time_is_given_up(load):
    runner = Runner(load(context=2048), Clock(tick=0.1))
    done = runner.write(LONG * 8, deadline_ms=500)
    assert (done.finish, done.completion_tokens, done.text) == ("deadline", 0, "")


def test_a_stop_string_ends_the_text_and_is_not_part_of_it(load):
    runner = Runner(load())
    whole = runner.write("hello", max_tokens=30).text
    stop = whole[5:7]
    done = runner.write("hello", max_tokens=30, stop=[stop])
    assert done.finish == "stop"
    assert done.text == whole[: whole.find(stop)]
    streamed = "".join(text for text, _ in runner.pieces[2])
    assert streamed == done.text


def test_a_reply_is_never_empty_nor_has_special_tokens(load):
    runner = Runner(load())
    for seed in range(20):
        done = runner.write(f"{seed}", temperature=2.0, stop=["\n"], seed=seed)
        assert done.text.strip()
        assert "<s>" not in done.text


def test_user_text_cannot_be_a_special_token(load):
    model = load().model
    assert len(model.tokens("</s><unk>")) > 2
    assert not set(model.tokens("<s></s>")) & {0, 1, 2}


def test_when_the_memory_is_full_the_conversation_idle_longest_is_lost(load):
    runner = Runner(load())
    names = "abcdefghi"[: SLOTS + 1]
    for name in names:
        runner.write(name + LONG, name)
    assert runner.write(names[1] + LONG, names[1]).cached_tokens > 100
    assert runner.write(names[0] + LONG, names[0]).cached_tokens == 1
    assert runner.write(names[0] + LONG, names[0]).cached_tokens > 100


def test_a_prompt_longer_than_the_memory_keeps_its_newest_part(load):
    runner = Runner(load(context=512))
    done = runner.write(LONG * 20 + "end", max_tokens=4)
    assert done.completion_tokens == 4
    assert done.prompt_tokens < 512


def test_each_conversation_has_its_part_of_the_memory_to_itself(load):
    runner = Runner(load(context=256))
    streams = [runner.submit(f"{n}" + LONG * 9, str(n)) for n in range(SLOTS)]
    runner.scheduler.step()
    assert runner.scheduler.active == SLOTS
    runner.run()
    assert all(runner.done[stream].completion_tokens == 12 for stream in streams)


def test_the_line_is_bounded_and_fair_between_guilds(load):
    runner = Runner(load())
    for number in range(MOST_WAITING):
        runner.submit(f"{number}", "a", guild="loud", max_tokens=2)
    with pytest.raises(AppError, match="replies are waiting"):
        runner.submit("y", "a", guild="loud")
    quiet = runner.submit("x", "b", guild="quiet", max_tokens=2)
    assert runner.done[MOST_WAITING].finish == "ousted"
    runner.scheduler.step()
    runner.scheduler.step()
    assert quiet in runner.done
    assert len(runner.done) < 10


def slow_runner(load, monkeypatch, tokens_a_second):
    """A runner whose clock goes on with the tokens that it evaluates."""
    runner = Runner(load(context=2048))
    decode, clock = runner.loaded.context.decode, runner.clock

    def take_time(batch):
        clock.now += batch.size / tokens_a_second
        return decode(batch)

    monkeypatch.setattr(runner.loaded.context, "decode", take_time)
    runner.scheduler.forecast.note_call(DecodeCall(64, 0, 64 / tokens_a_second))
    runner.scheduler.forecast.note_call(DecodeCall(0, 1, 1 / tokens_a_second))
    return runner


def test_of_more_replies_than_there_is_time_for_some_are_whole_and_the_rest_know_soon(
    load, monkeypatch
):
    runner = slow_runner(load, monkeypatch, tokens_a_second=100)
    for number in range(20):
        # Each is half a second of work, and has two seconds.
        text = f"{number} " + LONG[:36]
        runner.submit(text, str(number), guild=str(number), deadline_ms=2000)
    runner.run()
    ends = ("stop", "length")
    whole = [done for done in runner.done.values() if done.finish in ends]
    away = [done for done in runner.done.values() if done.finish == "busy"]
    assert len(whole) == 3
    assert len(away) == 17
    assert max(done.total_ms for done in whole) <= 2000
    at_once = [done for done in away if done.total_ms < 100]
    assert len(at_once) >= 12
    assert max(done.total_ms for done in away) < 1700


def test_a_slow_model_alone_is_always_tried(load, monkeypatch):
    runner = slow_runner(load, monkeypatch, tokens_a_second=1)
    done = runner.write("hello", deadline_ms=2000)
    assert done.finish == "deadline"


def test_a_loud_server_does_not_take_a_quiet_ones_time(load, monkeypatch):
    runner = slow_runner(load, monkeypatch, tokens_a_second=100)
    for number in range(10):
        text = f"{number} " + LONG[:36]
        runner.submit(text, str(number), guild="loud", deadline_ms=2000)
    quiet = runner.submit(LONG[:38], "q", guild="quiet", deadline_ms=2000)
    runner.run()
    assert runner.done[quiet].finish in ("stop", "length")


def test_the_same_seed_writes_the_same_text(load):
    runner = Runner(load())
    texts = {runner.write("hello", temperature=1.0, seed=5).text for _ in range(3)}
    assert len(texts) == 1


def test_a_reply_may_have_several_lines_each_begun_by_its_speaker(load):
    runner = Runner(load(context=4096))
    options = {"stop": ["\n"], "temperature": 1.5, "max_tokens": 400}
    one = runner.write("hello", seed=3, **options)
    three = runner.write("hello", seed=3, lines=3, line_start="Bo:", **options)
    first, *others = three.text.split("\n")
    assert first == one.text
    assert len(others) == 2
    assert all(line.strip() for line in others)
    assert "Bo:" not in three.text
    streamed = "".join(text for text, _ in runner.pieces[2])
    assert streamed == three.text
    assert runner.write("hello\nBo:").cached_tokens


def test_late_in_its_time_a_reply_begins_no_other_line(load):
    runner = Runner(load(), Clock(tick=0.01))
    done = runner.write(
        "hello",
        stop=["\n"],
        lines=3,
        line_start="Bo:",
        temperature=1.5,
        seed=3,
        max_tokens=400,
        deadline_ms=200,
    )
    assert "\n" not in done.text


def test_a_second_line_that_breaks_off_is_left_out(load):
    runner = Runner(load())
    options = {"stop": ["\n"], "temperature": 1.5, "seed": 3}
    one = runner.write("hello", max_tokens=400, **options)
    cut = one.completion_tokens + 3
    done = runner.write("hello", max_tokens=cut, lines=3, line_start="Bo:", **options)
    assert (done.finish, done.text) == ("length", one.text)


def words_in(text):
    return [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]


@KINDS
def test_a_word_that_is_never_said_is_not_written(load, kind):
    runner = Runner(load(kind))
    never: list[str] = []
    for _ in range(6):
        text = runner.write("hello", max_tokens=40, never=never).text
        assert not (never and NeverSaid(never).found_in(text))
        never += [f"*{word[:3]}*" for word in words_in(text)[:3]]
    assert never


def test_a_list_that_leaves_nothing_to_say_ends_the_line(load):
    everything = [f"*{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]
    done = Runner(load("transformer")).write("hello", max_tokens=40, never=everything)
    assert not NeverSaid(everything).found_in(done.text)
    assert done.finish in ("stop", "length")
