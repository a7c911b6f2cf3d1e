"""Replies in another language than their channel's, by channel, of a server of many.

`python -m tests.bench.bench_language HOME GUILD LATER…` answers messages of later days
through `mynah say`'s own service, in each channel with its last messages as the talk.
A channel's language is that of its later messages together, as an identifier tells it.
A reply counts if it is long enough to show its language.
"""

import argparse
import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from app.cli.connect import connect
from app.core.errors import UsageError
from app.core.language import LEAST_TOLD, is_other, language_of
from app.core.paths import find_home
from app.evaluation.held_out import Held, hold_out, read_held_out
from app.ipc import control

LEAST = 20
"""The fewest later messages of a channel whose language is told."""

Channels = Mapping[tuple[str, str], Sequence[Held]]
"""The messages to answer, by language and channel."""


def channels_of(held: Sequence[Held], each: int) -> Channels:
    """Return up to `each` messages of every channel whose language is sure."""
    by_channel = defaultdict[str, list[Held]](list)
    for one in held:
        by_channel[one.channel].append(one)
    found = {}
    for channel, rows in by_channel.items():
        language = language_of(" ".join(one.text for one in rows))
        if len(rows) >= LEAST and language:
            found[language, channel] = rows[:: max(1, len(rows) // each)][:each]
    return dict(sorted(found.items()))


async def measure(args: argparse.Namespace) -> None:
    held = [one for one in hold_out(read_held_out(args.held_out), {}, 8) if one.turns]
    chosen = channels_of(held, args.each)
    print(f"load {os.getloadavg()[0]:.1f}; {len(chosen)} channels; {args.guild}")
    async with connect(find_home(args.home)) as bot:
        for mode in args.modes:
            counts = dict[tuple[str, str], tuple[int, int]]()
            for (language, channel), rows in chosen.items():
                texts = []
                for one in rows:
                    request = control.Say(
                        args.guild,
                        one.turns[-1][1],
                        author=one.turns[-1][0],
                        channel=channel,
                        mode=mode,
                        max_ms=args.max_ms,
                        turns=[list(turn) for turn in one.turns[:-1]],
                        is_free=True,
                    )
                    try:
                        texts.append((await bot.call(request)).text)
                    except UsageError:
                        break  # It learned nothing there.
                told = [t for t in texts if sum(map(str.isalpha, t)) >= LEAST_TOLD]
                wrong = [text for text in told if is_other(text, language)]
                for text in wrong:
                    sys.stderr.write(f"{mode} | {channel} ({language}) | {text!r}\n")
                counts[language, channel] = len(wrong), len(told)
            show(mode, counts)


def show(mode: str, counts: Mapping[tuple[str, str], tuple[int, int]]) -> None:
    wrong, told = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"{mode}: {wrong} of {told} in another language ({wrong / max(told, 1):.1%})")
    for language, group in groupby(counts, key=lambda key: key[0]):
        keys = [*group]
        wrong, told = (sum(counts[key][at] for key in keys) for at in (0, 1))
        worst = max(keys, key=lambda key: counts[key][0] / max(counts[key][1], 1))
        print(
            f"  {language}  {len(keys):3} channels  {wrong:3} of {told:4}"
            f"   worst: {worst[1][:40]}, {counts[worst][0]} of {counts[worst][1]}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("guild")
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--modes", nargs="+", default=["markov", "hybrid"])
    parser.add_argument("--each", type=int, default=10, help="messages of a channel")
    parser.add_argument("--max-ms", type=int, default=20_000)
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
