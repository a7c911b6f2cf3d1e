"""Precision and recall of the rules for what members tell of themselves.

`python -m tests.bench.bench_facts`: made-up dialogues, those that the rules were made
with apart from those that were held out. `--wrong` lists what the first half gets
wrong, `--wrong held-out` what the other half does. `--model FILE.gguf` lets a model
read the held-out half, one message at a time behind nine examples.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from app.chat.fact_reader import facts_in
from app.core.names import GuildId
from app.core.paths import Home
from app.modelfiles import catalogue
from app.service.service import open_service
from app.store.given.member_facts import Fact, merged

SHOWN = """\
Write the facts that the speaker tells of themselves, or "none".
Message: my dog is called Rex and he bites
Facts: pet dog=Rex
Message: do you like soup?
Facts: none
Message: I live in Vienna now. I love waltzes.
Facts: lives=Vienna; loves=waltzes
Message: he said I am a fool
Facts: none
Message: my favourite film is Alien
Facts: favourite film=Alien
Message: I work as a plumber
Facts: is=plumber
Message: I don't live in Paris
Facts: none
Message: my birthday is on May 9th
Facts: birthday=9 May
Message: if I had a car I'd drive
Facts: none
Message: {text}
Facts:"""
"""The part of a prompt before the facts of a message."""

FILE = Path(__file__).with_name("fact_dialogues.txt")
HALVES = ("rules", "held-out")


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


def found_in(dialogue: Dialogue) -> Found:
    """What the rules find in a dialogue, with what they replaced left out."""
    known: dict[str, list[Fact]] = {}
    for name, text in dialogue.lines:
        known[name] = merged(known.get(name, []), facts_in(text))
    return {
        (name, one.kind, _plain(one.value)) for name in known for one in known[name]
    }


def score(half: Sequence[Dialogue], found: Sequence[Found] | None = None) -> Score:
    found = [found_in(one) for one in half] if found is None else found
    right = sum(len(f & one.facts) for f, one in zip(found, half, strict=True))
    return Score(sum(map(len, found)), right, sum(len(one.facts) for one in half))


async def read_by(model: Path, half: Sequence[Dialogue]) -> list[Found]:
    """What a model finds in dialogues, with the same rules for what replaces what."""
    with tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory)).create()
        home.models.mkdir()
        os.symlink(model, catalogue.file_of(home, "starter"))
        async with open_service(home) as service:
            local = service.context.local
            await local.wait_until_ready(60)
            found = []
            for dialogue in half:
                known: dict[str, list[Fact]] = {}
                for name, text in dialogue.lines:
                    prompt = SHOWN.format(text=" ".join(text.split()))
                    told = await local.complete(GuildId(1), prompt, 40, 60)
                    known[name] = merged(known.get(name, []), _told_by(told))
                found.append(
                    {
                        (name, one.kind, _plain(one.value))
                        for name in known
                        for one in known[name]
                    }
                )
    return found


def _told_by(line: str) -> list[Fact]:
    pairs = [one.partition("=") for one in line.split(";")]
    return [Fact(kind.strip(), value.strip()) for kind, _, value in pairs if value]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", nargs="?", const=HALVES[0], choices=HALVES)
    parser.add_argument("--model", type=Path)
    args = parser.parse_args()
    print(f"{'half':10}{'dialogues':>11}{'facts':>7}{'precision':>11}{'recall':>8}")
    for half in HALVES:
        chosen = dialogues(half)
        got = score(chosen)
        _show(half, chosen, got)
    if args.model:
        chosen, began = dialogues(HALVES[1]), time.perf_counter()
        got = score(chosen, asyncio.run(read_by(args.model.resolve(), chosen)))
        _show(args.model.stem[:10], chosen, got)
        print(f"{(time.perf_counter() - began) / len(chosen):.2f} s a dialogue")
    if args.wrong:
        for one in dialogues(args.wrong):
            found = found_in(one)
            if found != one.facts:
                print(one.lines, "wanted", one.facts, "found", found)


if __name__ == "__main__":
    main()
