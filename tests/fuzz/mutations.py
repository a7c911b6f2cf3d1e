"""Changes inputs at random, the same way for the same seed."""

from collections.abc import Sequence
from random import Random

WORDS = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b"'", b"\\", b"\\ud83d", b"{",
    b"}", b"[", b"]", b",", b":", b"\n", b"\r\n", b"\t", b"NaN", b"null", b"true",
    b"-1", b"0", b"1e999", b"99999999999999999999999999", b"9999-12-31T23:59:59Z",
    b"//", b"/*", b"*/", b"<!--", b"<div ", b"</", b"PK\3\4", b"\x1f\x8b", b"=" * 62,
    "🙂".encode(), "\u202e".encode(), "\u2028".encode(), b"\x1b[2J", b"a" * 300,
)  # fmt: skip


def mutated(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Return the input with one to eight changes."""
    for _ in range(rng.randint(1, 8)):
        at, length = rng.randint(0, len(data)), rng.choice((1, 1, 2, 5, 20, 200))
        kind = rng.randrange(7)
        before, middle, after = data[:at], data[at : at + length], data[at + length :]
        if kind == 0:
            data = before + after
        elif kind == 1:
            data = before + middle * rng.choice((2, 2, 3, 50)) + after
        elif kind == 2:
            data = before + rng.choice(WORDS) + middle + after
        elif kind == 3:
            data = before + rng.choice(WORDS) + after
        elif kind == 4:
            data = before + bytes(rng.randrange(256) for _ in middle) + after
        elif kind == 5:
            data = before
        else:
            other = rng.choice(others)
            cut = rng.randint(0, len(other))
            data = before + other[cut : cut + length * 5] + after
    return data
