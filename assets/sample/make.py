"""Makes the sample guild out of plays: `python make.py plays.jsonl the-globe.jsonl.gz`.

Reads one speech a line in the interchange format, and writes messages of chat size.
"""

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

CHANNELS = {
    "dream": "athens-woods",
    "merchant": "rialto",
    "r_and_j": "verona",
    "hamlet": "elsinore",
    "macbeth": "the-heath",
    "othello": "cyprus",
    "j_caesar": "forum",
    "a_and_c": "on-the-nile",
}
MOST_WORDS = 22
"""A longer speech becomes several messages."""

FIRST = datetime(2024, 4, 23, 18, tzinfo=UTC)
WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")


DIRECTION = re.compile(
    r"\b(?:Aside to (?:[A-Z]{3,}|him|her)|Aside|To [A-Z]{3,}(?: [A-Z]{3,})*|Reads"
    r"|Within|Sings|[A-Z]{6,})\s+(?=[A-Z'])"
)
"""A stage direction that the edition left within a speech."""


def main(source: str, target: str) -> None:
    """Write the messages of `source`, compressed, to `target`."""
    with open(source, encoding="utf-8") as file:
        speeches = [json.loads(line) for line in file]
    lower = Counter(
        word for row in speeches for word in WORD.findall(row["text"]) if word.islower()
    )
    rows = list(messages(speeches, lower))
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with open(target, "wb") as raw:
        # Without a time in its header the same input gives the same bytes.
        with gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(text.encode())


def messages(
    speeches: list[dict[str, Any]], lower: Counter[str]
) -> Iterator[dict[str, Any]]:
    """The speeches as messages, some seconds apart."""
    moment, count = FIRST, 0
    for speech in speeches:
        spoken = DIRECTION.sub("", speech["text"])
        for part in parts(without_line_capitals(spoken, lower)):
            count += 1
            moment += timedelta(seconds=4 + 2 * len(part.split()))
            yield {
                "guild": "The Globe",
                "channel": CHANNELS[speech["channel"]],
                "id": f"globe-{count}",
                "author": speech["author"],
                "ts": moment.isoformat(),
                "text": part,
                "reply_to": None,
            }


def without_line_capitals(text: str, lower: Counter[str]) -> str:
    """Lower the capitals that begin a line of verse in the middle of a sentence."""

    def fit(found: re.Match[str]) -> str:
        word = found[0]
        before = text[: found.start()].rstrip(" '\"(")
        begins = not before or before[-1] in ".?!"
        is_common = lower[word.lower()] > 0 and word[1:].islower()
        return word.lower() if is_common and not begins else word

    return WORD.sub(fit, text)


def parts(text: str) -> Iterator[str]:
    """The text in pieces of chat size, cut after sentences, else after clauses."""
    held: list[str] = []
    for sentence in re.split(r"(?<=[.?!])\s+", text):
        pieces = [sentence]
        if len(sentence.split()) > MOST_WORDS:
            pieces = re.split(
                r"(?<=[;:])\s+|(?<=,)\s+(?=and |but |for |or |that )", sentence
            )
        for piece in pieces:
            if held and len(" ".join([*held, piece]).split()) > MOST_WORDS:
                yield " ".join(held)
                held = []
            held.append(piece)
    if held:
        yield " ".join(held)


if __name__ == "__main__":
    main(*sys.argv[1:])
