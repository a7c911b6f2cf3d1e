"""Requests, replies and notifications of every content, sent over the wire and back."""

import dataclasses
import json
import types
import typing
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.ipc.wire import Catalogue, Notification, RequestFrame, build, encode
from app.ipc.wire import reply_class as reply_class

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    types.NoneType: st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that fits a type of the wire."""
    hint = getattr(hint, "__supertype__", hint)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if origin is list:
        return st.lists(values(inner[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if origin is typing.Literal:
        return st.sampled_from(inner)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(values, inner))
    assert dataclasses.is_dataclass(hint), hint
    hints = typing.get_type_hints(hint)
    fields = {
        field.name: values(hints[field.name]) for field in dataclasses.fields(hint)
    }
    return st.builds(hint, **fields)  # type: ignore[arg-type]


def survives(
    requests: tuple[Any, ...] = (), notifications: tuple[Any, ...] = ()
) -> None:
    """Check that all of a module comes back from the wire as it was sent."""
    catalogue = Catalogue(requests, notifications)

    @settings(max_examples=15, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        for kind in requests:
            sent = RequestFrame(7, data.draw(values(kind)))
            assert catalogue.decode(encode(sent)) == sent
            reply = data.draw(values(reply_class(kind)))
            over = json.loads(json.dumps(dataclasses.asdict(reply)))
            assert build(reply_class(kind), over) == reply
        for kind in notifications:
            told = Notification(data.draw(values(kind)))
            assert catalogue.decode(encode(told)) == told

    check()
