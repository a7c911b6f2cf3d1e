"""Measures how the best of several lines is chosen, on real replies beside drawn ones.

`python -m tests.bench.fit_choice HOME KEEP SERVER=LATER.jsonl.gz…`: the home has
learned the servers and has `reply.candidates` at 1. Its bot draws hybrid lines for
later talks, which KEEP keeps. A table says how often the real reply is chosen before
them: at random, by closeness and echo as the product chooses, and by a logistic model
of these and other traits, fitted on the other servers each time.
"""

import argparse
import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from app.chat.best_of_n import ECHO, ECHO_FROM, echo
from app.cli.connect import connect
from app.core.paths import Home, find_home
from app.core.sentences import folded_words
from app.evaluation.held_out import hold_out, read_held_out, spread
from app.evaluation.personality import AnsweringBot
from app.ipc import control
from app.memory import recall
from app.memory.embedder import Embedder
from app.memory.memory import GLANCE_TOKENS
from app.providers.base import Turn
from app.voice.sayable import balanced

TURNS = 8
PENALTY = 0.01

Numbers = npt.NDArray[np.float64]

Talk = Numbers
"""The traits of each of a talk's lines, the real one first: closeness, echo, more."""

Choose = Callable[[Talk], Numbers]


async def draw(
    bot: AnsweringBot, guild: str, file: Path, keep: Path, args: argparse.Namespace
) -> None:
    """Keep lines of the bot for later talks of a guild."""
    held = [one for one in hold_out(read_held_out(file), {}, TURNS) if one.turns]
    with keep.open("w") as out:
        for one in spread(held, args.talks):
            *earlier, (author, text) = one.turns
            request = control.Say(
                guild,
                text,
                author=author,
                mode="hybrid",
                max_ms=20_000,
                turns=[list(turn) for turn in earlier],
                is_free=True,
            )
            drawn = [await bot.call(request) for _ in range(args.lines)]
            lines = [one.text, *(say.text for say in drawn if say.provider == "local")]
            out.write(json.dumps({"turns": one.turns, "lines": lines}) + "\n")


def read(keep: Path, embedder: Embedder) -> list[Talk]:
    talks = []
    for row in map(json.loads, keep.read_text("utf-8").splitlines()):
        turns, lines = tuple(Turn(*turn) for turn in row["turns"]), row["lines"]
        said = [turn.text for turn in turns][-recall.TURNS :]
        if len(lines) > 1:
            found = embedder.embed([*said, *lines], GLANCE_TOKENS)
            close = found[len(said) :] @ recall.meaning(found[: len(said)])
            talks.append(
                np.column_stack([close, [traits(line, turns) for line in lines]])
            )
    return talks


def traits(line: str, turns: Sequence[Turn]) -> list[float]:
    words, size = folded_words(line), max(len(line), 1)
    return [
        max(0.0, echo(line, turns) - ECHO_FROM),
        float(np.log1p(len(words))),
        1 - len(set(words)) / max(len(words), 1),
        sum(map(str.isdigit, line)) / size,
        sum(not (char.isalnum() or char.isspace()) for char in line) / size,
        float(balanced(line) != line or line.count('"') % 2),
        float("?" in line and "?" in turns[-1].text),
    ]


def at_random(talk: Talk) -> Numbers:
    return np.zeros(len(talk))


def as_now(talk: Talk) -> Numbers:
    scores: Numbers = talk[:, 0] - ECHO * talk[:, 1]
    return scores


def fit(guilds: Sequence[Sequence[Talk]]) -> Choose:
    """Fit a conditional logit (McFadden 1974); each guild counts the same."""

    def loss(weights: Numbers) -> float:
        total = PENALTY * float(weights @ weights)
        for talks in guilds:
            found = [talk @ weights for talk in talks]
            lost = [np.logaddexp.reduce(scores) - scores[0] for scores in found]
            total += float(np.mean(lost)) / len(guilds)
        return total

    weights = minimize(loss, np.zeros(guilds[0][0].shape[1])).x
    return lambda talk: np.asarray(talk @ weights)


def report(name: str, kept: Sequence[Sequence[Talk]], chosen: Sequence[Choose]) -> None:
    """Print how often the real line is first, and its chance to beat a drawn one."""
    cells = []
    for talks, choose in zip(kept, chosen, strict=True):
        scores = [choose(talk) for talk in talks]
        firsts = [(one[0] == one.max()) / (one == one.max()).sum() for one in scores]
        wins = [np.mean(np.sign(one[0] - one[1:]) / 2 + 0.5) for one in scores]
        cells.append(f"{np.mean(firsts):8.0%}{np.mean(wins):6.2f}")
    print(f"{name:22}", *cells)


async def draw_all(args: argparse.Namespace) -> None:
    args.keep.mkdir(parents=True, exist_ok=True)
    async with connect(find_home(args.home)) as bot:
        for server in args.servers:
            guild, _, file = server.partition("=")
            await draw(bot, guild, Path(file), args.keep / f"{guild}.jsonl", args)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("keep", type=Path)
    parser.add_argument("servers", nargs="*", help="none: all that is kept")
    parser.add_argument("--talks", type=int, default=100, help="a server")
    parser.add_argument("--lines", type=int, default=3, help="a talk")
    args = parser.parse_args()
    if args.servers:
        asyncio.run(draw_all(args))
    embedder = Embedder.open("built-in", cache=Home(Path(".cache")).embedding_models)
    files = sorted(args.keep.glob("*.jsonl"))
    kept = [read(file, embedder) for file in files]
    print(f"{'':22}", *(f"{file.stem:>14}" for file in files))
    report("at random", kept, [at_random] * len(kept))
    report("as the product does", kept, [as_now] * len(kept))
    others = [[one for one in kept if one is not talks] for talks in kept]
    if len(kept) > 1:
        report("fitted on the others", kept, [fit(rest) for rest in others])


if __name__ == "__main__":
    main()
