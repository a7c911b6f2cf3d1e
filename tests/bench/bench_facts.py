"""Precision and recall of the rules for what members tell of themselves.

`python -m tests.bench.bench_facts`: made-up dialogues, those that the rules were made
with apart from those that were held out. `--wrong` lists what the first half gets
wrong, `--wrong held-out` what the other half does. `--model FILE.gguf` asks a model
about each message of the held-out half: its answers as they are, as they are checked,
and beside the rules, which is how the bot asks one. `--answers` lists them.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from app.chat.fact_question import (
    ANSWER_TOKENS,
    GRAMMAR,
    ask,
    facts_told,
    worth_asking,
)
from app.chat.fact_reader import facts_in
from app.core.names import GuildId
from app.core.paths import Home
from app.modelfiles import catalogue
from app.service.service import open_service
from app.store.given.member_facts import Fact, merged

FILE = Path(__file__).with_name("fact_dialogues.txt")
HALVES = ("rules", "held-out")


Reader = Callable[[str], list[Fact]]
Found = set[tuple[str, str, str]]
"""(name, kind, value) of each fact."""


class Dialogue(NamedTuple):
    """Lines of several people, and the facts that they tell of themselves."""

    lines: list[tuple[str, str]]
    facts: Found


class Score(NamedTuple):
    """Counts of facts."""

    found: int
    right: int
    told: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.told if self.told else 1.0


def dialogues(half: str) -> list[Dialogue]:
    """Those of one half."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    every = [_read(line) for line in lines if line and line[0] != "#"]
    return every[HALVES.index(half) :: 2]


def _read(line: str) -> Dialogue:
    said, _, told = line.rpartition("=>")
    lines = []
    for part in said.split(" | "):
        name, _, text = part.partition(": ")
        lines.append((name.strip(), text.replace("\\n", "\n").strip()))
    facts = set()
    for one in filter(None, map(str.strip, told.split(";"))):
        who, _, fact = one.partition(".")
        kind, _, value = fact.partition("=")
        facts.add((who, kind, _plain(value)))
    return Dialogue(lines, facts)


def found_in(dialogue: Dialogue, read: Reader = facts_in) -> Found:
    """What is found in a dialogue, with what was replaced left out."""
    known: dict[str, list[Fact]] = {}
    for name, text in dialogue.lines:
        known[name] = merged(known.get(name, []), read(text))
    return {
        (name, one.kind, _plain(one.value)) for name in known for one in known[name]
    }


def score(half: Sequence[Dialogue], read: Reader = facts_in) -> Score:
    found = [found_in(one, read) for one in half]
    right = sum(len(f & one.facts) for f, one in zip(found, half, strict=True))
    return Score(sum(map(len, found)), right, sum(len(one.facts) for one in half))


async def asked(model: Path, texts: Sequence[str]) -> dict[str, str]:
    """The answers of a model about texts, as it gives them."""
    with tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory)).create()
        home.models.mkdir()
        os.symlink(model, catalogue.file_of(home, "starter"))
        async with open_service(home) as service:
            local = service.context.local
            await local.wait_until_ready(60)
            return {
                text: await local.complete(
                    GuildId(1), ask(text), ANSWER_TOKENS, 60, grammar=GRAMMAR
                )
                for text in texts
            }


def _plain(value: str) -> str:
    words = value.casefold().replace(",", " ").split()
    return " ".join(
        words[1:] if words[:1] and words[0] in ("a", "an", "the") else words
    )


def _show(title: str, chosen: Sequence[Dialogue], got: Score) -> None:
    print(
        f"{title:10}{len(chosen):>11}{got.told:>7}{got.precision:>11.1%}"
        f"{got.recall:>8.1%}"
    )


def _show_model(model: Path, chosen: Sequence[Dialogue], *, is_loud: bool) -> None:
    texts = [text for one in chosen for _, text in one.lines]
    began = time.perf_counter()
    answers = asyncio.run(asked(model, texts))
    seconds = time.perf_counter() - began

    def unchecked(text: str) -> list[Fact]:
        pairs = [one.strip().partition("=") for one in answers[text].split(";")]
        return [Fact(kind, value) for kind, _, value in pairs if value]

    def alone(text: str) -> list[Fact]:
        return facts_told(text, answers[text])

    def beside_rules(text: str) -> list[Fact]:
        return facts_in(text) or (alone(text) if worth_asking(text) else [])

    for title, read in (
        ("unchecked", unchecked), ("checked", alone), ("and rules", beside_rules),
    ):  # fmt: skip
        _show(title, chosen, score(chosen, read))
    wanted = [text for text in texts if worth_asking(text)]
    print(f"{seconds / len(texts):.2f} s a message; {len(wanted)} are worth asking")
    for text in texts if is_loud else ():
        print(repr(text), answers[text].strip(), "->", beside_rules(text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", nargs="?", const=HALVES[0], choices=HALVES)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--answers", action="store_true")
    args = parser.parse_args()
    print(f"{'half':10}{'dialogues':>11}{'facts':>7}{'precision':>11}{'recall':>8}")
    for half in HALVES:
        chosen = dialogues(half)
        got = score(chosen)
        _show(half, chosen, got)
    if args.model:
        _show_model(args.model.resolve(), dialogues(HALVES[1]), is_loud=args.answers)
    if args.wrong:
        for one in dialogues(args.wrong):
            found = found_in(one)
            if found != one.facts:
                print(one.lines, "wanted", one.facts, "found", found)


if __name__ == "__main__":
    main()
