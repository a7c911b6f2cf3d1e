"""Changes inputs at random, the same way for the same seed."""

import copy
import json
from collections.abc import Sequence
from random import Random
from typing import Any

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


DEEP = json.loads("[" * 300 + "]" * 300)

ODD: Sequence[Any] = (
    None, True, False, 0, -1, 1.5, 2**53 + 1, 10**30, 1e308, float("nan"), float("inf"),
    "", "x", "-1", "1e999", "9" * 400, "\ud800", "\0", "../../x", "a" * 5000,
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", [], {}, [None], [[]],
    {"id": None}, [{"id": []}], [0] * 50, DEEP,
)  # fmt: skip
"""Values that a place in a tree may hold, and that nobody expects there."""


def of_odd_shape(tree: Any, rng: Random) -> Any:
    """Return the tree with one to three values replaced, dropped or doubled."""
    holder = [copy.deepcopy(tree)]
    for _ in range(rng.randint(1, 3)):
        inside: Any = holder
        key: Any = 0
        while isinstance(inside[key], dict | list) and inside[key]:
            if inside is not holder and rng.random() < 0.2:
                break
            inside = inside[key]
            places = list(inside) if isinstance(inside, dict) else range(len(inside))
            key = rng.choice(list(places))
        _change(inside, key, rng)
    return holder[0] if holder else None


def _change(inside: Any, key: Any, rng: Random) -> None:
    kind = rng.randrange(8)
    if kind == 0 and len(inside) > 1:
        del inside[key]
    elif kind == 1 and isinstance(inside, list):
        inside.insert(key, copy.deepcopy(inside[key]))
    elif kind == 2 and isinstance(inside, dict):
        inside[rng.choice(("", "id", "type", key + "x", "__class__"))] = inside.pop(key)
    elif kind == 3:
        inside[key] = [inside[key]]
    else:
        inside[key] = copy.deepcopy(rng.choice(ODD))


def mutated_json(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Return JSON of another shape or, now and then, with other changes."""
    try:
        tree = json.loads(data)
    except ValueError:
        return mutated(data, rng, others)
    if rng.random() < 0.4:
        return mutated(data, rng, others)
    return json.dumps(of_odd_shape(tree, rng)).encode()
