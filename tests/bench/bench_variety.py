"""How varied replies are beside people: `python -m tests.bench.bench_variety HOME`.

It answers messages of a later day, kept from what the server learned, one after another
through `mynah say`'s own service, and compares the replies with the messages that
people wrote there. Distinct-2 is the share of different pairs of words (Li et al.
2016), self-BLEU a line's likeness to the others (Zhu et al. 2018, Texygen). Both depend
on the length of lines, so that as many lines of people are counted, as long as these. A
last table says how many different lines the same question gets.
"""

import argparse
import asyncio
import math
import os
import sys
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from app.cli.connect import connect
from app.core.paths import find_home
from app.core.sentences import folded_words, line_key
from app.evaluation.held_out import Held, hold_out, read_held_out
from app.evaluation.personality import AnsweringBot
from app.evaluation.speech_scores import distinct_pairs
from app.ipc import control

QUESTIONS = (
    "what do you think?",
    "hello",
    "who is online tonight",
    "why",
    "I'm hungry",
)
TIMES = 15
GRAMS = 3
"""The longest sequence of words that self-BLEU compares."""


def self_bleu(texts: Sequence[str]) -> float:
    """Return the mean BLEU of each text against the others, smoothed by one."""
    lines = [words for text in texts if (words := folded_words(text))]
    holders = [_most_in_two(lines, size) for size in range(1, GRAMS + 1)]
    scores = []
    for at, words in enumerate(lines):
        logs = 0.0
        for size, most in enumerate(holders, 1):
            grams = Counter(_grams(words, size))
            kept = sum(min(n, _elsewhere(most[gram], at)) for gram, n in grams.items())
            is_smooth = size > 1
            logs += math.log(
                Fraction(kept + is_smooth, grams.total() + is_smooth) or 1e-9
            )
        scores.append(math.exp(logs / GRAMS))
    return sum(scores) / len(scores) if scores else 0.0


def _grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def _most_in_two(
    lines: Sequence[Sequence[str]], size: int
) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    """Return for each sequence the two lines that hold it most, with how often."""
    most: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for at, words in enumerate(lines):
        for gram, count in Counter(_grams(words, size)).items():
            held = most.setdefault(gram, [])
            held.append((count, at))
            held.sort(reverse=True)
            del held[2:]
    return most


def _elsewhere(most: Sequence[tuple[int, int]], line: int) -> int:
    return next((count for count, at in most if at != line), 0)


def as_long(texts: Sequence[str], people: Sequence[str]) -> list[str]:
    """Return lines of people that are as long as the texts, the first ones."""
    lines: dict[int, list[str]] = {}
    for text in reversed(people):
        lines.setdefault(len(folded_words(text)), []).append(text)
    found = []
    for text in texts:
        length = len(folded_words(text))
        nearest = min(lines, key=lambda size: abs(size - length))
        found.append(lines[nearest].pop())
        if not lines[nearest]:
            del lines[nearest]
    return found


class Answering:
    """One server, asked in one mode."""

    def __init__(self, bot: AnsweringBot, guild: str, mode: str, max_ms: int) -> None:
        self._bot, self._guild, self._mode, self._max_ms = bot, guild, mode, max_ms
        self.providers: Counter[str] = Counter()

    async def reply(self, text: str, held: Held | None = None) -> str:
        turns = [list(turn) for turn in held.turns[:-1]] if held else []
        author = held.turns[-1][0] if held else "you"
        request = control.Say(
            self._guild,
            text,
            author=author,
            mode=self._mode,
            max_ms=self._max_ms,
            turns=turns,
            is_free=True,
        )
        reply = await self._bot.call(request)
        self.providers[reply.provider] += 1
        return reply.text


async def measure(args: argparse.Namespace) -> None:
    rows = read_held_out(args.held_out)
    held = [one for one in hold_out(rows, {}, args.turns) if one.turns]
    # People of a day, in their order.
    day = held[args.skip : args.skip + args.replies]
    people = [one.text for one in held[args.skip :]]
    print(f"load {os.getloadavg()[0]:.1f}; {len(day)} replies; {args.guild}")
    async with connect(find_home(args.home)) as bot:
        for mode in args.modes:
            asked = Answering(bot, args.guild, mode, args.max_ms)
            texts = []
            for one in day:
                texts.append(await asked.reply(one.turns[-1][1], one))
                sys.stderr.write(f"{mode} | {one.turns[-1][1]!r} -> {texts[-1]!r}\n")
            show(mode, texts, people, day, asked.providers)
            for question in args.questions:
                lines = [await asked.reply(question) for _ in range(TIMES)]
                different = len({line_key(line) for line in lines})
                echoes = sum(line_key(line) == line_key(question) for line in lines)
                print(f"  {question!r:28} {different} of {TIMES}, {echoes} echoes")
                for line in lines:
                    sys.stderr.write(f"{mode} | {question} -> {line!r}\n")


def show(
    mode: str,
    texts: Sequence[str],
    people: Sequence[str],
    day: Sequence[Held],
    providers: Counter[str],
) -> None:
    own = as_long(texts, people)
    echoes = [
        line_key(t) == line_key(one.turns[-1][1])
        for t, one in zip(texts, day, strict=True)
    ]
    theirs = [line_key(one.text) == line_key(one.turns[-1][1]) for one in day]
    lengths = f"{words(texts):.1f} words a line beside {words(people):.1f}"
    print(f"{mode}: {dict(providers)}; {lengths}")
    for name, score in (("distinct-2", distinct_pairs), ("self-BLEU", self_bleu)):
        ours, real = score(texts), score(own)
        print(f"  {name:12} {ours:.3f} beside {real:.3f} ({ours / real - 1:+.1%})")
    whole = _twice(texts), _twice([one.text for one in day])
    print(f"  {'lines twice':12} {whole[0]} beside {whole[1]}")
    print(f"  {'echoes':12} {sum(echoes)} beside {sum(theirs)}")


def words(texts: Sequence[str]) -> float:
    return sum(len(folded_words(text)) for text in texts) / max(len(texts), 1)


def _twice(texts: Sequence[str]) -> int:
    return len(texts) - len({line_key(text) for text in texts})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("guild")
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--modes", nargs="+", default=["markov", "hybrid", "llm"])
    parser.add_argument("--replies", type=int, default=200)
    parser.add_argument("--skip", type=int, default=500)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--max-ms", type=int, default=20_000)
    parser.add_argument("--questions", nargs="*", default=list(QUESTIONS))
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
