"""What each role imports, seen in a clean interpreter."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NATIVE = {"discord", "llama_cpp", "fastembed", "hnswlib", "onnxruntime", "openai"}


def loaded(statement: str) -> set[str]:
    """Top-level modules that are loaded after `statement`."""
    code = (
        f"import sys\n{statement}\nprint(*{{n.partition('.')[0] for n in sys.modules}})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.split())


@pytest.mark.process
def test_the_package_itself_imports_nothing():
    assert not loaded("import app") & (NATIVE | {"textual", "peewee", "numpy"})


@pytest.mark.process
def test_the_screens_load_nothing_heavy():
    assert not loaded("import app.tui.app") & (NATIVE | {"numpy", "keyring"})


@pytest.mark.process
def test_the_command_line_loads_nothing_before_it_knows_the_command():
    assert not loaded("import app.cli") & (NATIVE | {"textual", "peewee", "numpy"})


@pytest.mark.process
def test_the_runner_loads_neither_screens_nor_bot():
    heavy = {"textual", "discord", "peewee", "openai", "fastembed", "hnswlib"}
    assert not loaded("import app.runner.process") & heavy


def sources() -> list[Path]:
    return sorted((ROOT / "app").rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_nothing_runs_code_from_data(path: Path):
    """No pickle, marshal or eval: files and frames are data."""
    banned = {"pickle", "marshal", "shelve", "dill"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
            assert not names & banned
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in banned
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec", "compile"}


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = getattr(handler.type, "id", None)
    return handler.type is None or caught in {"Exception", "BaseException"}


def test_broad_excepts_stay_in_a_process_main_and_the_wires_dispatch():
    broad = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and is_broad(node):
                broad.add(path.relative_to(ROOT).as_posix())
    assert broad == {"app/__main__.py", "app/ipc/peer.py"}


MAPPINGS = {
    "total": "milliseconds of a reply by stage",
    "first_token": "milliseconds of a reply by stage",
    "reply.persona": "settings by their key",
    "starting": "states of the bot's process by their name",
    "NO_COLOR": "the environment",
}
"""String keys that screens and commands may read, each of something that is a map."""


def string_keys(tree: ast.AST) -> set[str]:
    """The constants that something is subscripted with, or asked for by `.get`."""
    found = set()
    for node in ast.walk(tree):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            key = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            key = node.args[0] if node.func.attr == "get" and node.args else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found.add(key.value)
    return found


def test_screens_and_commands_read_replies_by_attribute_and_not_by_string_key():
    """The `eval_*` commands are left out: they hold figures of their own by name."""
    read: dict[str, set[str]] = {}
    for path in [*(ROOT / "app/tui").rglob("*.py"), *(ROOT / "app/cli").glob("*.py")]:
        if not path.stem.startswith("eval_"):
            keys = string_keys(ast.parse(path.read_text(encoding="utf-8")))
            if strange := keys - MAPPINGS.keys():
                read[path.relative_to(ROOT).as_posix()] = strange
    assert read == {}


@pytest.mark.parametrize("planted", ['reply["text"]', 'reply.get("text", "")'])
def test_a_reply_read_by_string_key_is_found(planted: str):
    assert string_keys(ast.parse(planted)) == {"text"}
