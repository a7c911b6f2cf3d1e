"""What each role imports, seen in a clean interpreter."""

import ast
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.tui.sample_home import make_home

ROOT = Path(__file__).parent.parent
NATIVE = {"discord", "llama_cpp", "fastembed", "hnswlib", "onnxruntime", "openai"}


def loaded(statement: str) -> set[str]:
    """Top-level modules that are loaded after `statement`."""
    code = (
        f"import sys\n{statement}\n"
        "print(*{name.partition('.')[0] for name, its in sys.modules.items() if its})"
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


STARTED = """
import types
from pathlib import Path
from app.cli import main, output

def run(home, is_watching):
    del sys.modules["app.tui.app"]
    from app.tui.app import _load_other_half
    _load_other_half()

output.has_screen = lambda: True
for words in ([], ["watch"]):
    sys.modules["app.tui.app"] = types.SimpleNamespace(run=run)
    main(["--home", "nowhere", *words])
import psutil
for part in psutil.Process().memory_maps():
    sys.modules["mapped" + Path(part.path).name.partition(".")[0]] = sys
"""


@pytest.mark.process
@pytest.mark.skipif(not find_spec("_md5"), reason="its hashes are OpenSSL's")
def test_the_screens_start_without_openssl():
    found = loaded(STARTED)
    # A module that was loaded and then forbidden still takes its memory.
    assert not found & {"mapped_ssl", "mapped_hashlib"}
    assert "mapped_asyncio" in found
    assert {"asyncio", "hashlib", "peewee"} <= found


FIRST_PICTURE = """
import asyncio, tempfile
from pathlib import Path
from app.core.paths import Home
from app.tui.app import MynahApp

MynahApp._begin = lambda self: self.exit()
with tempfile.TemporaryDirectory() as folder:
    home = Home(Path(folder)).create()
    home.database.touch()
    asyncio.run(MynahApp(home).run_async(headless=True))
"""


@pytest.mark.process
def test_the_first_picture_waits_for_no_database():
    assert not loaded(FIRST_PICTURE) & {"peewee", "sqlite3"}


TALK = """
import asyncio
from pathlib import Path
from app.core.paths import Home
from app.tui.app import MynahApp

async def look(pilot):
    while not pilot.app.may_read:
        await pilot.pause(0.05)
    await pilot.press("3")
    while not any(feed.items for feed in pilot.app.screen.query("#lines")):
        await pilot.pause(0.05)
    await pilot.app.run_action("quit")

app = MynahApp(Home(Path(PLACE)))
asyncio.run(app.run_async(headless=True, auto_pilot=look))
sys.modules["lines"] = sys
for name in ("app.tui.panes", "app.settings", "playhouse.migrate"):
    sys.modules[name.replace(".", "/")] = sys.modules.get(name)
"""


@pytest.mark.process
def test_reading_a_talk_loads_neither_settings_nor_migrations(tmp_path: Path):
    home = make_home(tmp_path / "home")
    found = loaded(TALK.replace("PLACE", repr(str(home.root))))
    assert {"lines", "peewee"} <= found
    unneeded = {"app/tui/panes", "app/settings", "playhouse/migrate", "re2"}
    assert not found & (unneeded | {"multiprocessing"})


@pytest.mark.process
def test_the_command_line_loads_nothing_before_it_knows_the_command():
    assert not loaded("import app.cli") & (NATIVE | {"textual", "peewee", "numpy"})


@pytest.mark.process
def test_the_version_is_told_without_loading_any_command():
    told = "from app import cli\ntry: cli.main(['--version'])\nexcept SystemExit: pass"
    assert not loaded(told) & (NATIVE | {"textual", "peewee", "numpy", "jinja2"})


@pytest.mark.process
@pytest.mark.parametrize("word", ["--help", "frobnicate"])
def test_neither_the_help_nor_a_mistyped_command_loads_llama(word: str):
    told = f"from app import cli\ntry: cli.main([{word!r}])\nexcept SystemExit: pass"
    assert not loaded(told) & NATIVE


@pytest.mark.process
def test_the_runner_loads_neither_screens_nor_bot():
    heavy = {"textual", "discord", "peewee", "openai", "fastembed", "hnswlib"}
    assert not loaded("import app.runner.process") & heavy


@pytest.mark.process
def test_the_bot_answers_before_it_loads_discord():
    assert not loaded("import app.serve") & {"discord", "aiohttp", "openai"}


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
    read: dict[str, set[str]] = {}
    for path in [*(ROOT / "app/tui").rglob("*.py"), *(ROOT / "app/cli").rglob("*.py")]:
        if path.parent.name == "web":
            continue  # It reads the headers of browsers, and no reply.
        keys = string_keys(ast.parse(path.read_text(encoding="utf-8")))
        if strange := keys - MAPPINGS.keys():
            read[path.relative_to(ROOT).as_posix()] = strange
    assert read == {}


@pytest.mark.parametrize("planted", ['reply["text"]', 'reply.get("text", "")'])
def test_a_reply_read_by_string_key_is_found(planted: str):
    assert string_keys(ast.parse(planted)) == {"text"}


@pytest.mark.process
def test_the_service_loads_no_discord():
    assert "discord" not in loaded("import app.service.service")


@pytest.mark.process
def test_a_planted_import_of_discord_is_seen():
    assert "discord" in loaded("import app.service.service, discord")


def lines_with_any(text: str) -> int:
    """Count the lines of code that name `Any`."""
    lines = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id == "Any":
            lines.add(node.lineno)
        elif isinstance(node, ast.alias) and node.name == "Any":
            lines.add(node.lineno)
    return len(lines)


MOST_ANY = 59
"""The lines of `app` that may name `Any`; fewer are wanted, more never."""


def test_any_becomes_rarer():
    found = [lines_with_any(path.read_text(encoding="utf-8")) for path in sources()]
    assert sum(found) <= MOST_ANY


def test_a_planted_any_is_counted():
    planted = "from typing import Any\n\nx: dict[str, Any]\ny: 'Any'  # Any\n"
    assert lines_with_any(planted) == 2


def long_functions(text: str) -> list[str]:
    """Return the names of functions of more than 40 lines."""
    return [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 40
    ]


LONG_FILES, LONG_FUNCTIONS = 50, 35
"""The files of `app` of more than 300 lines, and its functions of more than 40; fewer
are wanted, more never."""


def test_long_files_and_functions_become_rarer():
    texts = [path.read_text(encoding="utf-8") for path in sources()]
    assert sum(len(text.splitlines()) > 300 for text in texts) <= LONG_FILES
    assert sum(len(long_functions(text)) for text in texts) <= LONG_FUNCTIONS


def test_a_planted_long_function_is_seen():
    planted = "def short():\n" + "    x = 1\n" * 39
    assert long_functions(planted) == []
    assert long_functions(planted + "    x = 1\n") == ["short"]


RENAMES = {"rename", "renames", "replace"}
MAY_RENAME = {
    "app/core/files.py": "the one way to replace a file",
    "app/modelfiles/bundled.py": "a whole directory takes its place",
    "app/service/backups.py": "a restored home takes its place",
    "app/service/voices/uploads.py": "the name of a folder tells how far its file is",
}


def renames_files(tree: ast.AST) -> bool:
    """Tell if code gives a file another name: `os.replace(a, b)`, `path.replace(b)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func.attr in RENAMES
            is_os = getattr(node.func.value, "id", None) == "os"
            one = len(node.args) == 1 and not node.keywords
            if called and (is_os or one):
                return True
    return False


def test_files_are_replaced_in_one_place():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if renames_files(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == MAY_RENAME.keys()


@pytest.mark.parametrize(
    "planted", ["os.replace(made, target)", "made.rename(target)", "made.replace(to)"]
)
def test_a_planted_rename_is_seen(planted: str):
    assert renames_files(ast.parse(planted))
    assert not renames_files(ast.parse('text.replace("a", "b"); replace(row, x=1)'))


TOPICS = {
    *("app", "base", "benchmark", "blind_tests", "child", "client", "conversations"),
    *("doctor", "errors", "events", "features", "files", "privacy", "requantise"),
    *("fine_tuning", "forget", "guilds", "hosts", "hub", "imports", "index"),
    *("lore", "members", "messages", "meter", "models", "personas", "provider"),
    *("registry", "replies", "request", "serve", "settings", "snapshots", "stats"),
    *("usage", "voice"),
}
"""Stems that several packages may have, each for its own part of the same topic."""

MOST_FILES = 30
MOST_ING = 4


def twice_named_classes(root: Path) -> set[str]:
    """Names that two top-level classes bear."""
    seen: set[str] = set()
    twice: set[str] = set()
    for path in sorted(root.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                (twice if node.name in seen else seen).add(node.name)
    return twice


def twice_named_modules(root: Path) -> set[str]:
    """Stems that modules of two packages have."""
    stems = [path.stem for path in root.rglob("*.py") if path.stem != "__init__"]
    return {stem for stem in stems if stems.count(stem) > 1}


def crowded_folders(root: Path) -> set[str]:
    """Folders with more modules than one looks over."""
    folders = [path.parent for path in root.rglob("*.py")]
    return {folder.name for folder in folders if folders.count(folder) > MOST_FILES}


def ing_modules(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*ing.py"))


def test_no_two_classes_have_one_name():
    assert twice_named_classes(ROOT / "app") == set()


def test_modules_of_one_stem_are_of_one_topic():
    assert twice_named_modules(ROOT / "app") == TOPICS


def test_no_folder_is_crowded():
    assert crowded_folders(ROOT / "app") == set()


def test_few_modules_are_named_after_an_activity():
    assert len(ing_modules(ROOT / "app")) <= MOST_ING


def test_planted_namesakes_and_crowds_are_seen(tmp_path: Path):
    for package in ("a", "b"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "parts.py").write_text("class Part:\n    pass\n")
    for number in range(MOST_FILES):
        (tmp_path / "a" / f"m{number}.py").touch()
    (tmp_path / "b" / "talking.py").touch()
    assert twice_named_classes(tmp_path) == {"Part"}
    assert twice_named_modules(tmp_path) == {"parts"}
    assert crowded_folders(tmp_path) == {"a"}
    assert ing_modules(tmp_path) == ["b/talking.py"]


MOVED = (
    *("app.bot", "app.config_file", "app.config_keys", "app.paths", "app.errors"),
    *("app.carried", "app.fetch", "app.gguf_header", "app.secrets", "app.safe_text"),
    *("app.state_file", "app.chat.limits", "app.chat.hybrid", "app.chat.taste"),
    *("app.chat.finish", "app.providers.keeper", "app.providers.throttle"),
    *("app.memory.shelf", "app.memory.scene", "app.meter.attribution"),
    *("app.runner.desk", "app.runner.outbox", "app.ipc.job", "app.tui.shelf"),
    *("app.ipc.control.knowing", "app.ipc.control.keeping", "app.ipc.control.talking"),
    *("app.ipc.control.modelling", "app.ipc.control.program", "app.tui.linking"),
    *("app.tui.inspector", "app.tui.news", "app.voice.said", "app.voice.speaking"),
    *("app.store.tuning", "app.store.voices", "app.store.links"),
    *("app.discord.sending",),
)
"""Modules of the old layout, each the first part of what it was called."""


def old_names(text: str) -> list[str]:
    """Names of the old layout that a text has, as imports, paths or in words."""
    return [
        name
        for name in MOVED
        if re.search(rf"\b{name.replace('.', '[./]')}(?![\w-])(?!\.\w*\()", text)
    ]


def test_nothing_is_left_of_the_old_names():
    texts = [*(ROOT / "app").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    texts = [path for path in texts if path != Path(__file__)]
    for path in (*texts, ROOT / "README.md", ROOT / "pyproject.toml"):
        assert old_names(path.read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize(
    "text", ["from app.bot.parts import Parts", "app/voice/said.py", "app.ipc.job"]
)
def test_a_planted_old_name_is_seen(text: str):
    assert len(old_names(text)) == 1


TESTED_ROOMS = ("store", "ipc")
"""Rooms of which each module has a file of tests of its name."""


def untested(root: Path, tests: Path) -> list[str]:
    """Modules without a file of tests that has a test and imports them."""
    found = []
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root)
        file = tests / place.with_name(f"test_{place.name}")
        if path.stem == "__init__":
            continue
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        imports = [
            f"{node.module}.{alias.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ]
        is_imported = any(path.stem in name.split(".") for name in imports)
        if not is_imported or not re.search(r"^(async )?def test_", text, re.M):
            found.append(place.as_posix())
    return found


@pytest.mark.parametrize("room", TESTED_ROOMS)
def test_each_module_of_a_room_has_tests_of_its_name(room: str):
    assert untested(ROOT / "app" / room, ROOT / "tests" / room) == []


def test_a_planted_module_without_tests_is_seen(tmp_path: Path):
    room, tests = tmp_path / "room", tmp_path / "tests"
    for folder in (room / "inner", tests / "inner"):
        folder.mkdir(parents=True)
    for name in ("a.py", "inner/b.py", "inner/c.py", "inner/__init__.py"):
        (room / name).touch()
    (tests / "test_a.py").write_text("from room import a\n\ndef test_x(): pass\n")
    (tests / "inner/test_b.py").write_text("from room.inner import b\n")
    (tests / "inner/test_c.py").write_text("def test_x(): pass\n")
    assert untested(room, tests) == ["inner/b.py", "inner/c.py"]
