"""No pattern of ours takes more than linear time, whatever text it is given."""

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import app
from app.chat import postprocess
from app.core.paths import Home
from app.providers.local.chat_log import Cleaner
from app.service.support_bundle import _Hide
from app.store.search import occurrences
from app.tui import remedies
from app.voice import files
from tests.attacks import Attack

ROOT = Path(__file__).parents[1]
AnyPattern = re.Pattern[str] | re.Pattern[bytes]
CALLS = "compile match fullmatch search sub subn findall finditer split".split()

NAMES = ["a" * 32, "a" * 31, "*", "**", "[a", "a]", "a a a", "A: a", "(x+x+)+", "\\"]
"""Names that people choose to make a pattern slow."""

BUILT: dict[str, Callable[[Path], object]] = {
    "app/chat/postprocess.py:_prefix": lambda _: postprocess.clean("a", NAMES),
    "app/providers/local/chat_log.py:__init__": lambda _: Cleaner(NAMES),
    "app/service/support_bundle.py:__call__": lambda path: _Hide(Home(path), NAMES)(
        " ".join(NAMES)
    ),
    "app/voice/files.py:_files": lambda path: files.remove(path, "1"),
    "app/store/search/occurrences.py:_whole": lambda _: occurrences._whole(
        [], " ".join(NAMES)
    ),
    "app/tui/remedies.py:in_keys": lambda _: remedies.in_keys("`mynah demo`", {}),
}
"""What builds a pattern at run time, and a way to have it built of hostile names."""


def sources() -> list[Path]:
    return sorted((ROOT / "app").rglob("*.py"))


def calls(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Yield each use of `re`, with the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef) else function
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and (node.func.value.id, node.func.attr in CALLS) == ("re", True)
        ):
            yield inside, node
        yield from calls(node, inside)


def flags_of(call: ast.Call) -> int:
    """The flags that a use of `re` names."""
    found = 0
    for node in [*call.args[1:], *(word.value for word in call.keywords)]:
        for name in ast.walk(node):
            if isinstance(name, ast.Attribute):
                found |= getattr(re, name.attr, 0)
    return found


def written() -> Iterator[tuple[str, AnyPattern]]:
    """Yield the patterns that stand in the source."""
    for path in sources():
        for _, call in calls(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call.args[0], ast.Constant):
                text: Any = call.args[0].value
                where = f"{path.relative_to(ROOT).as_posix()}:{call.lineno}"
                yield where, re.compile(text, flags_of(call))


def patterns_in(value: object) -> Iterator[AnyPattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from patterns_in(item)
    elif isinstance(value, dict):
        yield from patterns_in([*value, *value.values()])


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(app.__path__, "app."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def held() -> Iterator[tuple[str, AnyPattern]]:
    """Yield the patterns that modules and their classes hold."""
    for module in modules():
        for name, value in vars(module).items():
            inner = list[object]()
            if isinstance(value, type) and value.__module__ == module.__name__:
                inner = list(vars(value).values())
            for pattern in patterns_in([value, inner]):
                yield f"{module.__name__}.{name}", pattern


def all_patterns() -> dict[tuple[object, int], str]:
    """Every pattern once, with a place where it stands."""
    found: dict[tuple[object, int], str] = {}
    for where, pattern in [*held(), *written()]:
        found.setdefault((pattern.pattern, pattern.flags), where)
    return found


measures = pytest.mark.posix_only(
    "Windows counts the processor's time in steps of 16 ms"
)


@measures
@pytest.mark.parametrize(
    ("text", "flags"),
    [pytest.param(*key, id=where) for key, where in all_patterns().items()],
)
def test_no_pattern_is_slow_on_any_text(text: str, flags: int):
    assert Attack(re.compile(text, flags)).slow_text() is None


def unbuilt(source: str, path: str) -> set[str]:
    """The functions that build a pattern and are not in the list."""
    return {
        f"{path}:{function}"
        for function, call in calls(ast.parse(source))
        if function and not isinstance(call.args[0], ast.Constant)
    } - BUILT.keys()


def test_every_pattern_that_is_built_at_run_time_is_known():
    found = set[str]()
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        found |= unbuilt(path.read_text(encoding="utf-8"), name)
    assert found == set()


@measures
@pytest.mark.parametrize("build", BUILT.values(), ids=BUILT)
def test_no_pattern_built_of_hostile_names_is_slow(
    build: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[AnyPattern] = []
    compiled = re._compile  # type: ignore[attr-defined]

    def spy(pattern: str, flags: int) -> AnyPattern:
        made: AnyPattern = compiled(pattern, flags)
        if Path(sys._getframe(2).f_code.co_filename).is_relative_to(ROOT / "app"):
            seen.append(made)
        return made

    monkeypatch.setattr(re, "_compile", spy)
    build(tmp_path)
    monkeypatch.undo()
    assert seen
    for pattern in seen:
        assert Attack(pattern).slow_text() is None, pattern.pattern


@measures
@pytest.mark.parametrize(
    "slow",
    [
        r"(a+)+$",
        r"(a|aa)+$",
        r"(a|a)*b",
        r"(?:\w+\s?)+$",
        r"^(?:<?https?://\S+>?\s*)+$",
        r"\s+$",
        r"\s*\n\s*x",
        r"\S+@",
        r"^=* ?(\S+) is now known as",
        r"x.*y.*z",
        r"[.!?]+[\"']*(?=\s|$)",
        r"\[([^\]]*)\]\(",
        r"^\s*(?:-|\d+\.)\sx",
        rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"',
    ],
)
def test_a_planted_slow_pattern_is_found(slow: str | bytes):
    assert Attack(re.compile(slow, re.MULTILINE)).slow_text()


@measures
@pytest.mark.parametrize("quick", [r"(?<!\S)\S++@", r"\d+", r"\A\s*x", r"a{2,9}b"])
def test_a_linear_pattern_passes(quick: str):
    assert Attack(re.compile(quick)).slow_text() is None


def test_a_planted_use_is_collected():
    source = "def f(x):\n    re.sub(rf'{x}+', '', x)\n    re.search('a+', x)\n"
    assert unbuilt(source, "app/x.py") == {"app/x.py:f"}
    [_, (_, call)] = calls(ast.parse("re.search(r, x)\nre.search('a', x, re.I | re.M)"))
    assert flags_of(call) == re.I | re.M
