"""Frames survive the wire, and what is no frame is refused with a reason."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ipc import control, inference
from app.ipc.wire import (
    BAD_PARAMS,
    MAX_FRAME_BYTES,
    PARSE_ERROR,
    UNKNOWN_METHOD,
    Catalogue,
    Failure,
    Json,
    Notification,
    ReplyFrame,
    Request,
    RequestFrame,
    WireError,
    build,
    encode,
    reply_class,
)


@dataclass(frozen=True)
class Everything(Request[Json]):
    method: ClassVar[str] = "everything"
    text: str
    number: int
    share: float
    flag: bool
    maybe: int | None
    turns: list[list[str]]
    mixed: list[list[int | str]]
    tree: dict[str, Any]


CATALOGUE = Catalogue([Everything], [inference.Piece])

whole = st.integers(-(2**63), 2**63 - 1)
text = st.text(st.characters(exclude_categories=["Cs"]))
json = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
    max_leaves=8,
)
everything = st.builds(
    Everything,
    text=text,
    number=whole,
    share=st.floats(allow_nan=False, allow_infinity=False),
    flag=st.booleans(),
    maybe=st.none() | whole,
    turns=st.lists(st.lists(text)),
    mixed=st.lists(st.lists(whole | text)),
    tree=st.dictionaries(text, json),
)
frames = (
    st.builds(RequestFrame, st.integers(0, 2**53), everything)
    | st.builds(
        Notification, st.builds(inference.Piece, whole, text, st.floats(-1e9, 1e9))
    )
    | st.builds(ReplyFrame, st.integers(0, 2**53), st.dictionaries(text, json))
    | st.builds(Failure, st.none() | whole, whole, text, text)
)


@given(frames)
def test_every_frame_comes_back_as_it_was_sent(frame):
    line = encode(frame)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert CATALOGUE.decode(line) == frame


@given(st.binary())
def test_garbage_is_refused_with_a_wire_error_and_nothing_else(line):
    try:
        CATALOGUE.decode(line)
    except WireError:
        pass


@given(st.dictionaries(st.sampled_from(["id", "method", "params", "error"]), json))
def test_any_json_object_is_a_frame_or_a_wire_error(tree):
    try:
        CATALOGUE.decode(encode(ReplyFrame(0, tree))[len(b'{"id":0,"result":') : -2])
    except WireError:
        pass


def test_a_lone_surrogate_is_replaced_and_does_not_break_the_link():
    line = encode(Notification(inference.Piece(1, "a\ud800b", 0.0)))
    assert CATALOGUE.decode(line) == Notification(inference.Piece(1, "a?b", 0.0))


def test_a_frame_that_is_too_long_is_not_sent():
    with pytest.raises(WireError, match="too long"):
        encode(ReplyFrame(1, {"text": "x" * MAX_FRAME_BYTES}))


def test_a_result_that_is_no_json_is_not_sent():
    with pytest.raises(WireError, match="cannot be sent"):
        encode(ReplyFrame(1, {"text": object()}))


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        (b"{}", "missing"),
        (b'{"stream":1,"text":"a","at_ms":0,"extra":1}', "unknown field 'extra'"),
        (b'{"stream":"1","text":"a","at_ms":0}', "stream does not fit"),
        (b'{"stream":true,"text":"a","at_ms":0}', "stream does not fit"),
        (b'{"stream":1,"text":null,"at_ms":0}', "text does not fit"),
        (b"[]", "not an object"),
    ],
)
def test_params_that_do_not_fit_say_which_field_is_wrong(params, complaint):
    with pytest.raises(WireError, match=complaint) as caught:
        CATALOGUE.decode(b'{"method":"piece","params":%s}' % params)
    assert caught.value.code == BAD_PARAMS


def test_an_unknown_method_is_named_together_with_the_request_it_came_in():
    with pytest.raises(WireError, match="dance") as caught:
        CATALOGUE.decode(b'{"id":7,"method":"dance"}')
    assert (caught.value.id, caught.value.code) == (7, UNKNOWN_METHOD)


def test_what_is_not_json_is_a_parse_error():
    with pytest.raises(WireError) as caught:
        CATALOGUE.decode(b"Traceback (most recent call last):\n")
    assert caught.value.code == PARSE_ERROR


@pytest.mark.parametrize("catalogue", [control, inference])
def test_each_method_stands_once_in_its_catalogue(catalogue):
    methods = [kind.method for kind in catalogue.REQUESTS + catalogue.NOTIFICATIONS]
    assert len(set(methods)) == len(methods)


@dataclass(frozen=True)
class Part:
    name: str
    share: float | None = None


@dataclass(frozen=True)
class Whole:
    state: Literal["ready", "busy"]
    first: Part
    parts: list[Part]
    by_name: dict[str, Part]
    pair: tuple[str, int]
    row: tuple[int, ...]
    maybe: Part | None = None


WHOLE = Whole(
    "busy",
    Part("a", 1.5),
    [Part("b"), Part("c")],
    {"d": Part("d")},
    ("x", 1),
    (1, 2, 3),
    Part("e"),
)


def fields_of(reply: object) -> Any:
    """The fields that arrive at the other side."""
    frame = CATALOGUE.decode(encode(ReplyFrame(1, reply)))
    assert isinstance(frame, ReplyFrame)
    return frame.result


def test_a_reply_is_built_again_with_all_that_is_in_it():
    assert build(Whole, fields_of(WHOLE)) == WHOLE


def test_fields_that_only_a_newer_bot_has_are_left_out_at_every_depth():
    tree = fields_of(WHOLE)
    tree["first"]["colour"] = tree["weather"] = "blue"
    assert build(Whole, tree) == WHOLE


def test_a_field_with_a_default_may_be_missing():
    tree = fields_of(WHOLE)
    del tree["maybe"]
    assert build(Whole, tree) == replace(WHOLE, maybe=None)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"state": "asleep"}, "state does not fit"),
        ({"first": {}}, "first: .*missing.*name"),
        ({"first": None}, "first does not fit"),
        ({"parts": {}}, "parts does not fit list"),
        ({"parts": [{"name": 1}]}, "parts: name does not fit"),
        ({"by_name": {"d": []}}, "by_name does not fit"),
        ({"pair": ["x"]}, "pair has 1 items"),
        ({"pair": ["x", "y"]}, "pair does not fit"),
        ({"row": [1, "2"]}, "row does not fit"),
        ({"maybe": {"name": 7}}, "maybe: name does not fit"),
        ({"maybe": 7}, "maybe does not fit"),
    ],
)
def test_a_reply_that_does_not_fit_says_where(change, complaint):
    with pytest.raises(WireError, match=complaint):
        build(Whole, fields_of(WHOLE) | change)


def test_a_lone_surrogate_deep_in_a_reply_is_replaced():
    assert fields_of(Part("a\ud800b")) == {"name": "a?b", "share": None}


def test_a_request_that_does_not_say_what_answers_it_is_a_bug():
    @dataclass(frozen=True)
    class Nameless(Request):  # type: ignore[type-arg]
        method: ClassVar[str] = "nameless"

    assert reply_class(Everything) == Json
    with pytest.raises(TypeError, match="Nameless"):
        reply_class(Nameless)
