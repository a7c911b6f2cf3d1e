"""Frames: one JSON object per line, in JSON-RPC words, checked against a catalogue."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import orjson

MAX_FRAME_BYTES = 8 * 1024 * 1024
"""The longest line; a longer one is an attack or a bug, and would fill the memory."""

PARSE_ERROR = -32700
UNKNOWN_METHOD = -32601
BAD_PARAMS = -32602
INTERNAL_ERROR = -32603
"""JSON-RPC's own codes; errors for the owner carry their sysexits code instead."""

Json = dict[str, object]
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
P = TypeVar("P")


class Params(Protocol):
    """A dataclass in a catalogue: the parameters of one method."""

    method: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


OnNotification = Callable[[Params], None]


@dataclass(frozen=True)
class Request(Generic[R_co]):
    """Parameters of a method that has a reply: a dataclass, named in the base class.

    `class Guilds(Request[GuildsReply])` is answered by a `GuildsReply`.
    """

    method: ClassVar[str]
    only_reads: ClassVar[bool] = False
    """True for what changes, spends and sends nothing, so that who watches may ask."""


@dataclass(frozen=True)
class Done:
    """The reply to a request that only has to be carried out."""


def reply_class(kind: type[Request[R]]) -> type[R]:
    """The class of the reply to a kind of request.

    Raises:
        TypeError: If the request names none.
    """
    for base in getattr(kind, "__orig_bases__", ()):
        if typing.get_origin(base) is Request:
            named: type[R] = typing.get_args(base)[0]
            return named
    raise TypeError(f"{kind.__name__} does not say what answers it")


@dataclass(frozen=True)
class RequestFrame:
    """A request for one reply from the other side."""

    id: int
    params: Request[object]


@dataclass(frozen=True)
class Notification:
    """A message to the other side that has no reply."""

    params: Params


@dataclass(frozen=True)
class ReplyFrame:
    """The outcome of a request: a dataclass going out, its fields coming in."""

    id: int
    result: object


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
            return {"id": id, "method": params.method, "params": params}
        case Notification(params):
            return {"method": params.method, "params": params}
        case ReplyFrame(id, result):
            return {"id": id, "result": result}
        case Failure(id, code, message, hint):
            error = {"code": code, "message": message, "data": {"hint": hint}}
            return {"id": id, "error": error}


def _scrub(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {name: _scrub(getattr(value, name)) for name in _hints(type(value))}
    return value


class Catalogue:
    """The methods of one link."""

    def __init__(
        self,
        requests: Iterable[type[Request[object]]],
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
            if id is None:
                return Notification(_params(self.notifications[method], params))
            return RequestFrame(id, _params(self.requests[method], params))
        except WireError as error:
            raise WireError(BAD_PARAMS, f"{method}: {error}", id) from error


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


def _params(kind: type[P], params: object) -> P:
    unknown = params.keys() - _hints(kind) if isinstance(params, dict) else ()
    for name in unknown:
        raise WireError(BAD_PARAMS, f"unknown field {name!r:.80}")
    return build(kind, params)


def build(kind: type[P], tree: object) -> P:
    """A JSON object as an instance of the dataclass `kind`, every field checked.

    Fields that `kind` does not have are left out: the other side may be newer.

    Raises:
        WireError: If a field is missing, or of another type.
    """
    if not isinstance(tree, dict):
        raise WireError(BAD_PARAMS, "not an object")
    hints = _hints(kind)
    fields = {
        name: _built(value, hints[name], name)
        for name, value in tree.items()
        if name in hints
    }
    try:
        return kind(**fields)
    except TypeError as error:
        raise WireError(BAD_PARAMS, str(error)) from error


def _hints(kind: Callable[..., object]) -> Mapping[str, object]:
    return _cached_hints(kind)


@cache
def _cached_hints(kind: type) -> Mapping[str, object]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _built(value: object, hint: object, name: str) -> object:
    """`value`, which JSON brought, as `hint` says."""
    # A `NewType` is of its type on the wire.
    hint = getattr(hint, "__supertype__", hint)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _first_that_fits(value, inner, name)
    if origin in (list, tuple, dict):
        return _collection(value, origin, inner, name)
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        try:
            return build(typing.cast(type, hint), value)
        except WireError as error:
            raise WireError(BAD_PARAMS, f"{name}: {error}") from error
    if not _is_plain(value, hint):
        raise WireError(BAD_PARAMS, f"{name} does not fit {hint}")
    return value


def _first_that_fits(value: object, options: tuple[object, ...], name: str) -> object:
    complaint = WireError(BAD_PARAMS, f"{name} does not fit")
    for option in options:
        try:
            return _built(value, option, name)
        except WireError as error:
            # A dataclass that almost fits says more than "is not null".
            complaint = error if dataclasses.is_dataclass(option) else complaint
    raise complaint


def _collection(
    value: object, origin: type, inner: tuple[object, ...], name: str
) -> object:
    if not isinstance(value, dict if origin is dict else list):
        raise WireError(BAD_PARAMS, f"{name} does not fit {origin.__name__}")
    if isinstance(value, dict):
        return {key: _built(item, inner[1], name) for key, item in value.items()}
    if origin is list or inner[1:] == (...,):
        return origin(_built(item, inner[0], name) for item in value)
    if len(value) != len(inner):
        raise WireError(BAD_PARAMS, f"{name} has {len(value)} items")
    return tuple(
        _built(item, kind, name) for item, kind in zip(value, inner, strict=True)
    )


def _is_plain(value: object, hint: object) -> bool:
    if hint is Any:
        return True
    if typing.get_origin(hint) is Literal:
        return value in typing.get_args(hint)
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(hint, type) and isinstance(value, hint)
