"""How much of what a voice says was said before, counted the slow way.

`python -m tests.bench.bench_novelty --data DIR`: a line a corpus (a .jsonl or .jsonl.gz
file of interchange rows), of its first messages and of its first fifty.
"""

import argparse
import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from app.voice.voice import GeneratedLine, Rules, Voice, build
from tests.bench.bench_voice import made_up

LONG = 9
"""Words: one more than the rules allow from one message."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a directory of interchange files")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--lines", type=int, default=2000)
    args = parser.parse_args()
    titles = ("corpus", "messages", "run > 8", "whole", "relaxed", "words", "walks")
    print(f"{titles[0]:24}" + "".join(f"{title:>10}" for title in titles[1:]))
    if args.data:
        for path in sorted(args.data.glob("*.jsonl*")):
            report(path.name, texts_of(path, args.messages), args.lines)
    else:
        report("made up", list(made_up(args.messages)), args.lines)


def texts_of(path: Path, count: int) -> list[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    texts: list[str] = []
    with opener(path, "rt", encoding="utf-8") as file:
        for row in file:
            text = json.loads(row)["text"]
            if text.strip():
                texts.append(text)
            if len(texts) == count:
                break
    return texts


def report(name: str, texts: list[str], lines: int) -> None:
    for part in (texts, texts[:50]):
        with tempfile.TemporaryDirectory() as scratch:
            build(Path(scratch), ((at, text, 0) for at, text in enumerate(part)))
            voice, rng = Voice.open(Path(scratch)), Random(1)
            said = [voice.speak(rng, rules=Rules()) for _ in range(lines)]
        print_line(name, part, said)


def print_line(name: str, texts: list[str], said: list[GeneratedLine]) -> None:
    known = {tuple(text.split()) for text in texts}
    runs = {run for words in known for run in runs_of(words)}
    spoken = [tuple(line.text.split()) for line in said]
    long = sum(not runs.isdisjoint(runs_of(words)) for words in spoken)
    whole = sum(words in known for words in spoken)
    relaxed = Counter(bool(line.relaxed) for line in said)[True]
    shares = "".join(f"{part / len(said):>10.2%}" for part in (long, whole, relaxed))
    words = sum(map(len, spoken)) / len(said)
    walks = sum(line.walks for line in said) / len(said)
    print(f"{name:24}{len(texts):>10,}{shares}{words:>10.1f}{walks:>10.1f}", flush=True)


def runs_of(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {words[at : at + LONG] for at in range(len(words) - LONG + 1)}


if __name__ == "__main__":
    main()
