"""The runner beside llama-cpp-python: `python -m tests.bench.bench_runner MODEL 1`.

The number is that of threads. All figures of one run come from the same model, threads
and moment; ratios are what counts, since other work on the machine moves them all. With
one thread the time of the processor is taken, which other work moves least.
"""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from app.ipc.inference import Generate, GenerateReply
from app.runner import llama, model_loader
from app.runner.fusion import sample
from app.runner.generation import Generation
from app.runner.llama import Batch, Context
from app.runner.model_loader import Loaded
from app.runner.sampler import Chooser
from app.runner.scheduler import Scheduler

CONVERSATIONS, TURNS = 4, 4
FIRST_TOKENS, GROWTH, ANSWER = 350, 60, 20
SIZE = 6144


Clock = Callable[[], float]


class Writer:
    """One scheduler with its jobs' first-token times."""

    def __init__(self, loaded: Loaded, clock: Clock) -> None:
        self.loaded = loaded
        self.clock = clock
        self.scheduler = Scheduler(loaded.context, loaded.can_roll_back, clock)
        self.done: dict[int, GenerateReply] = {}
        self.jobs: dict[int, Generation] = {}
        self.streams = 0

    def submit(self, prompt: list[int], conversation: str, tokens: int = ANSWER) -> int:
        self.streams += 1
        stream = self.streams
        request = Generate(
            stream, conversation, "", max_tokens=tokens, stop=[], seed=stream
        )
        rng = np.random.default_rng(stream)
        chooser = Unending(self.loaded.model, request, None, prompt, rng)
        job = self.jobs[stream] = Generation(
            request,
            list(prompt),
            chooser,
            self.clock(),
            lambda text, ms: None,
            lambda done: self.done.update({stream: done}),
        )
        self.scheduler.submit(job)
        return stream

    def run(self) -> None:
        while not self.scheduler.is_idle:
            self.scheduler.step()


class Unending(Chooser):
    """Never ends the text, so that every answer has the same length."""

    def choose(self, logits, written, *, may_end):
        return super().choose(logits, written, may_end=False)


def chatter(model: llama.Model) -> list[list[int]]:
    """What people say in each conversation, as one long run of tokens."""
    rng = random.Random(1)
    words = "the a cat dog sea moon went came said fish bird runs sleeps today".split()
    texts = (" ".join(rng.choice(words) for _ in range(3000)) for _ in range(9))
    return [model.tokens(text) for text in texts][:CONVERSATIONS]


def taking_turns(
    writer: Writer, said: list[list[int]]
) -> tuple[list[float], list[list[int]]]:
    """Milliseconds to the first token from the second turn on, and the last prompts.

    A prompt is the one before, the answer to it, and what people said since.
    """
    times: list[float] = []
    prompts = [tokens[:FIRST_TOKENS] for tokens in said]
    for turn in range(TURNS):
        for number, tokens in enumerate(said):
            stream = writer.submit(prompts[number], str(number))
            writer.run()
            if turn:
                times.append(writer.done[stream].first_token_ms)
            if turn < TURNS - 1:
                at = FIRST_TOKENS + turn * (GROWTH - ANSWER)
                prompts[number] = [
                    *prompts[number],
                    *writer.jobs[stream].written,
                    *tokens[at : at + GROWTH - ANSWER],
                ]
    return times, prompts


def usual_way(
    path: Path, prompts: list[list[int]], threads: int, clock: Clock
) -> list[float]:
    """The turn in the middle with `Llama.create_completion`, as most use it."""
    from llama_cpp import Llama

    usual = Llama(
        str(path), n_ctx=SIZE, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    times = []
    for prompt in prompts:
        middle = prompt[: -GROWTH * (TURNS - 2) // 2]
        began = clock()
        stream = usual.create_completion(middle, max_tokens=1, stream=True)
        next(iter(stream))
        times.append((clock() - began) * 1000)
    usual.close()
    return times


def rounds(writer: Writer, prompts: list[list[int]]) -> tuple[float, float]:
    """Seconds of a round of four, one after another and at once."""
    clock = writer.clock
    extra = writer.loaded.model.tokens(" and then the bird said hello again" * 8)
    began = clock()
    for number, prompt in enumerate(prompts):
        writer.submit(prompt + extra[:GROWTH], str(number))
        writer.run()
    one_by_one = clock() - began
    began = clock()
    for number, prompt in enumerate(prompts):
        writer.submit(prompt + extra[1 : GROWTH + 1], str(number))
    writer.run()
    return one_by_one, clock() - began


def overtaking(writer: Writer, prompts: list[list[int]]) -> tuple[float, float]:
    """Milliseconds: a 400-token prompt alone; a cached request that comes meanwhile."""
    tokens = writer.loaded.model.tokens("nobody ever saw this long story before " * 200)
    alone = writer.submit(tokens[:400], "alone", 1)
    writer.run()
    writer.submit(tokens[5:405], "long", 1)
    writer.scheduler.step()
    cached = writer.submit(prompts[0] + tokens[:20], "0", 1)
    writer.run()
    return writer.done[alone].first_token_ms, writer.done[cached].first_token_ms


def plain_loop(context: Context, prompt: list[int], count: int, clock: Clock) -> float:
    """Tokens a second of the plainest loop: decode, sample, again."""
    batch, rng = Batch(512), np.random.default_rng(1)
    context.drop(0)
    batch.add(0, 0, prompt, wants_logits=True)
    context.decode(batch)
    began = clock()
    place = batch.size - 1
    for step in range(count):
        logits = context.logits(place)
        probs = np.exp(logits - logits.max())
        token = sample(probs, rng, temperature=0.8, top_p=0.95)
        batch.clear()
        place = batch.add(0, len(prompt) + step, [token], wants_logits=True)
        context.decode(batch)
    speed = count / (clock() - began)
    context.drop(0)
    batch.close()
    return speed


def own_loop(writer: Writer, prompt: list[int], count: int) -> float:
    """Tokens a second of the runner, one conversation alone."""
    stream = writer.submit(prompt, "speed", count)
    writer.run()
    done = writer.done[stream]
    return (count - 1) / (done.total_ms - done.first_token_ms) * 1000


def alone(
    writer: Writer, prompt: list[int], threads: int
) -> tuple[float, float, float]:
    """Tokens a second of the runner and of the plain loop, and their ratio."""
    context = Context(
        writer.loaded.model, size=1024, sequences=1, batch=512, threads=threads
    )
    plain, own = [], []
    for _ in range(5):
        plain.append(plain_loop(context, prompt, 60, writer.clock))
        own.append(own_loop(writer, prompt, 60))
    context.close()
    ratio = median(mine / other for mine, other in zip(own, plain, strict=True))
    return median(own), median(plain), ratio


def main(path: Path, threads: int) -> None:
    llama.start()
    loaded = model_loader.load(path, context=SIZE, threads=threads, gpu_layers=0)
    said = chatter(loaded.model)
    clock = time.process_time if threads == 1 else time.perf_counter
    writer = Writer(loaded, clock)
    empty = alone(writer, said[0][:FIRST_TOKENS], threads)
    times, prompts = taking_turns(writer, said)
    ours = median(times)
    usual = median(usual_way(path, prompts, threads, clock))
    print(f"model {path.name}, threads {threads}")
    print(
        f"four take turns, first token: {ours:.0f} ms, usual way {usual:.0f} ms,"
        f" {usual / ours:.1f} x less (wanted: 8)"
    )
    one_by_one, at_once = rounds(writer, prompts)
    print(
        f"a round of four: {at_once:.2f} s at once, {one_by_one:.2f} s one by one,"
        f" ratio {at_once / one_by_one:.2f} (wanted: 1)"
    )
    whole, cached = overtaking(writer, prompts)
    print(
        f"cached request beside a 400-token prompt: {cached:.0f} ms, that alone"
        f" {whole:.0f} ms, ratio {cached / whole:.2f} (wanted: 0.4)"
    )
    full = alone(writer, said[0][:FIRST_TOKENS], threads)
    for memory, (own, plain, ratio) in (("nothing", empty), ("four others", full)):
        print(
            f"one alone, {memory} in memory: {own:.0f} tokens/s, plain loop"
            f" {plain:.0f}, ratio {ratio:.2f} (wanted: 0.95)"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
