"""How far replies follow a persona: `python -m tests.bench.bench_persona HOME GUILD`.

Five personas, twenty triggers each, at the dial 0, 25 and 50, through `mynah say`'s own
service. The home has learned the server and names the model. A machine can check three
of the personas; for the others the words of a list count.
"""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from app.cli.connect import connect
from app.core.paths import find_home
from app.ipc import control

TRIGGERS = (
    "good morning everyone",
    "what are you up to today",
    "did you see the game last night",
    "I'm so tired",
    "what should I eat tonight",
    "who wants to play something later",
    "that was the best day ever",
    "my computer crashed again",
    "do you like music",
    "where do you live",
    "tell me about yourself",
    "it's raining here",
    "happy birthday!",
    "I think I broke it",
    "what time do you get up",
    "any plans for the weekend",
    "this coffee is terrible",
    "can somebody help me",
    "what's your favourite film",
    "see you tomorrow",
)

PIRATE = re.compile(
    r"\b(?:arr+|ahoy|aye|matey?s?|ye|yer|me hearties|hearty|avast|captain|treasure"
    r"|pirates?|ships?|sea|rum|plunder|sail\w*|crew|booty|deck|gold|island)\b",
    re.I,
)
MORNING = re.compile(
    r"\b(?:mornings?|early|wake|woke|awake|sleep\w*|alarm|tired|bed|coffee|ugh|hate\w*"
    r"|sunrise|get up)\b",
    re.I,
)
GERMAN = re.compile(
    r"\b(?:ich|du|er|wir|ihr|und|oder|aber|nicht|ist|sind|war|bin|bist|hab\w*|das|der"
    r"|die|ein|eine|einen|mit|auf|für|auch|ja|nein|was|wie|wo|mir|mich|dir|noch|schon"
    r"|heute|guten|morgen|gut|zu|im|am|von|den|dem|es|kein\w*|mal|danke|bitte)\b",
    re.I,
)


def is_german(text: str) -> bool:
    words = re.findall(r"\w+", text)
    return bool(words) and len(GERMAN.findall(text)) >= max(1, len(words) // 5)


def is_one_short_sentence(text: str) -> bool:
    ends = re.findall(r"[.!?…]+(?=\s|$)", text.strip())
    return "\n" not in text and len(ends) <= 1 and len(text.split()) <= 15


PERSONAS: dict[str, Callable[[str], bool]] = {
    "a pirate": lambda text: bool(PIRATE.search(text)),
    "answers in German only": is_german,
    "never uses capital letters": lambda text: bool(text) and text == text.lower(),
    "hates mornings": lambda text: bool(MORNING.search(text)),
    "one short sentence": is_one_short_sentence,
}


async def measure(args: argparse.Namespace) -> None:
    kept: dict[str, list[str]] = {}
    async with connect(find_home(args.home)) as bot:
        await bot.call(control.ConfigSet("model.form", args.form, None))
        for persona in ["", *PERSONAS]:
            if persona in args.skip:
                continue
            await bot.call(control.ConfigSet("reply.persona", persona, None))
            for dial in args.dials:
                lines = kept.setdefault(f"{persona}|{dial}", [])
                for trigger in TRIGGERS[: args.triggers]:
                    request = control.Say(
                        args.guild, trigger, mode="hybrid", voice=dial, max_ms=20_000
                    )
                    reply = await bot.call(request)
                    lines.append(reply.text if reply.provider == "local" else "")
                    sys.stderr.write(f"{persona[:9]}|{dial} {reply.text}\n")
        await bot.call(control.ConfigSet("reply.persona", "", None))
    show(kept, args.dials)
    if args.keep:
        args.keep.write_text(json.dumps(kept, ensure_ascii=False, indent=1))


def show(kept: dict[str, list[str]], dials: list[int]) -> None:
    print(f"{'persona':28}" + "".join(f"  dial {dial:<3}(without)" for dial in dials))
    for persona, is_kept in PERSONAS.items():
        if f"{persona}|{dials[0]}" not in kept:
            continue
        cells = []
        for dial in dials:
            own = sum(map(is_kept, kept[f"{persona}|{dial}"]))
            without = sum(map(is_kept, kept.get(f"|{dial}", [])))
            cells.append(f"  {own:>4} ({without:>2})   ")
        print(f"{persona:28}" + "".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("guild")
    parser.add_argument("--form", default="auto")
    parser.add_argument("--dials", type=int, nargs="+", default=[0, 25, 50])
    parser.add_argument("--triggers", type=int, default=20)
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--keep", type=Path)
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
