"""Precision and recall of the rules for what members tell of themselves.

`python -m tests.bench.bench_facts`: made-up dialogues, those that the rules were made
with apart from those that were held out. `--wrong` lists what the first half gets
wrong, `--wrong held-out` what the other half does.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from app.chat.fact_reader import facts_in
from app.store.given.member_facts import Fact, merged

FILE = Path(__file__).with_name("fact_dialogues.txt")
HALVES = ("rules", "held-out")


class Dialogue(NamedTuple):
    """Lines of several people, and the facts that they tell of themselves."""

    lines: list[tuple[str, str]]
    facts: set[tuple[str, str, str]]
    """(name, kind, value) of each."""


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


def found_in(dialogue: Dialogue) -> set[tuple[str, str, str]]:
    """What the rules find in a dialogue, with what they replaced left out."""
    known: dict[str, list[Fact]] = {}
    for name, text in dialogue.lines:
        known[name] = merged(known.get(name, []), facts_in(text))
    return {
        (name, one.kind, _plain(one.value)) for name in known for one in known[name]
    }


def score(half: Sequence[Dialogue]) -> Score:
    found = [found_in(one) for one in half]
    right = sum(len(f & one.facts) for f, one in zip(found, half, strict=True))
    return Score(sum(map(len, found)), right, sum(len(one.facts) for one in half))


def _plain(value: str) -> str:
    words = value.casefold().replace(",", " ").split()
    return " ".join(
        words[1:] if words[:1] and words[0] in ("a", "an", "the") else words
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", nargs="?", const=HALVES[0], choices=HALVES)
    args = parser.parse_args()
    print(f"{'half':10}{'dialogues':>11}{'facts':>7}{'precision':>11}{'recall':>8}")
    for half in HALVES:
        chosen = dialogues(half)
        got = score(chosen)
        print(
            f"{half:10}{len(chosen):>11}{got.told:>7}{got.precision:>10.1%}"
            f"{got.recall:>8.1%}"
        )
    if args.wrong:
        for one in dialogues(args.wrong):
            found = found_in(one)
            if found != one.facts:
                print(one.lines, "wanted", one.facts, "found", found)


if __name__ == "__main__":
    main()
