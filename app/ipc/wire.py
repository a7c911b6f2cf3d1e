"""Frames: one JSON object per line, in JSON-RPC words, checked against a catalogue."""

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar

import orjson

MAX_FRAME_BYTES = 8 * 1024 * 1024
"""The longest line; a longer one is an attack or a bug, and would fill the memory."""

PARSE_ERROR = -32700
UNKNOWN_METHOD = -32601
BAD_PARAMS = -32602
INTERNAL_ERROR = -32603
"""JSON-RPC's own codes; errors for the owner carry their sysexits code instead."""

Json = dict[str, Any]
P = TypeVar("P")


class Params(Protocol):
    """A dataclass in a catalogue: the parameters of one method."""

    method: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True)
class RequestFrame:
    """A request for one reply from the other side."""

    id: int
    params: Params


@dataclass(frozen=True)
class Notification:
    """A message to the other side that has no reply."""

    params: Params


@dataclass(frozen=True)
class ReplyFrame:
    """The result of a request."""

    id: int
    result: Json


@dataclass(frozen=True)
class Failure:
    """The reason a request failed; `id` is None if the request was unreadable."""

    id: int | None
    code: int
    message: str
    hint: str = ""


Frame = RequestFrame | Notification | ReplyFrame | Failure


class WireError(ValueError):
    """A line is not a frame of the catalogue; names its request, if known."""

    def __init__(self, code: int, message: str, id: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.id = id

    def failure(self) -> Failure:
        return Failure(self.id, self.code, str(self))


def encode(frame: Frame) -> bytes:
    """Encode the frame as one line, newline included.

    Raises:
        WireError: If it is longer than `MAX_FRAME_BYTES`, or cannot be JSON.
    """
    tree = _tree(frame)
    try:
        line = orjson.dumps(tree, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        line = _encode_scrubbed(tree)
    if len(line) > MAX_FRAME_BYTES:
        raise WireError(INTERNAL_ERROR, f"a frame of {len(line):,} bytes is too long")
    return line


def _encode_scrubbed(tree: Json) -> bytes:
    # Discord lets lone surrogates through, which UTF-8 cannot carry.
    try:
        return orjson.dumps(_scrub(tree), option=orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:
        raise WireError(INTERNAL_ERROR, f"cannot be sent: {error}") from error


def _tree(frame: Frame) -> Json:
    match frame:
        case RequestFrame(id, params):
            return {"id": id, "method": params.method, "params": as_json(params)}
        case Notification(params):
            return {"method": params.method, "params": as_json(params)}
        case ReplyFrame(id, result):
            return {"id": id, "result": result}
        case Failure(id, code, message, hint):
            error = {"code": code, "message": message, "data": {"hint": hint}}
            return {"id": id, "error": error}


def as_json(params: Params) -> Json:
    """Return the fields of a catalogue's dataclass by name."""
    names = type(params).__dataclass_fields__
    return {
        name: getattr(params, name) for name in names if name in _hints(type(params))
    }


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(item) for item in value]
    return value


class Catalogue:
    """The methods of one link."""

    def __init__(
        self,
        requests: Iterable[type[Params]],
        notifications: Iterable[type[Params]] = (),
    ) -> None:
        self.requests = {kind.method: kind for kind in requests}
        self.notifications = {kind.method: kind for kind in notifications}

    def decode(self, line: bytes) -> Frame:
        """Decode the frame in a line.

        Raises:
            WireError: If the line is not a frame of this catalogue.
        """
        try:
            tree = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise WireError(PARSE_ERROR, f"not JSON: {error}") from error
        if not isinstance(tree, dict):
            raise WireError(PARSE_ERROR, "not a JSON object")
        id = tree.get("id")
        if id is not None and (not isinstance(id, int) or isinstance(id, bool)):
            raise WireError(PARSE_ERROR, "id is not a whole number")
        if "method" in tree:
            return self._decode_call(id, tree)
        return _decode_outcome(id, tree)

    def _decode_call(self, id: int | None, tree: Json) -> Frame:
        method, params = tree["method"], tree.get("params", {})
        known = self.notifications if id is None else self.requests
        if not isinstance(method, str) or method not in known:
            raise WireError(UNKNOWN_METHOD, f"unknown method {method!r:.80}", id)
        try:
            built = build(known[method], params)
        except WireError as error:
            raise WireError(BAD_PARAMS, f"{method}: {error}", id) from error
        return Notification(built) if id is None else RequestFrame(id, built)


def _decode_outcome(id: int | None, tree: Json) -> Frame:
    if "error" in tree:
        error = tree["error"]
        data = error.get("data") if isinstance(error, dict) else None
        hint = data.get("hint", "") if isinstance(data, dict) else ""
        match error:
            case {"code": int(code), "message": str(message)}:
                return Failure(id, code, message, str(hint))
        raise WireError(PARSE_ERROR, "error has no code and message", id)
    if id is not None and isinstance(tree.get("result"), dict):
        return ReplyFrame(id, tree["result"])
    raise WireError(PARSE_ERROR, "neither a call nor an outcome", id)


def build(kind: type[P], params: object) -> P:
    """Build the dataclass `kind` from `params`, checking every field.

    Raises:
        WireError: If a field is missing, unknown, or has another type.
    """
    if not isinstance(params, dict):
        raise WireError(BAD_PARAMS, "params is not an object")
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable
    for name in params.keys() - hints.keys():
        raise WireError(BAD_PARAMS, f"unknown field {name!r:.80}")
    for name, value in params.items():
        if not _fits(value, hints[name]):
            raise WireError(BAD_PARAMS, f"{name} does not fit {hints[name]}")
    try:
        return kind(**params)
    except TypeError as error:
        raise WireError(BAD_PARAMS, str(error)) from error


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _fits(value: object, hint: Any) -> bool:
    if hint is Any:
        return True
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in inner)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(item, inner[1]) for item in value.values()
        )
    if hint is float:
        hint = (int, float)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, types.NoneType if hint is None else hint)
