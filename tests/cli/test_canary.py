"""Secrets go through every failure, and are afterwards where they belong alone."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from app.core import secrets
from app.core.paths import Home
from app.settings.config_file import save
from tests.cli.commands import LINES, Bot, mynah

pytestmark = [
    pytest.mark.process,
    pytest.mark.posix_only("it looks at POSIX's files"),
]

SECRETS = {
    "bot_token": "MTA" + "c" * 23 + ".GanarY." + "z" * 30,
    "openai_key": "sk-canary-0123456789abcdefghij",
    "server_key": "plain canary words",
    "discord_proxy_login": "canary:in-the-proxy",
}
SETTINGS = {
    "bot.proxy": "http://127.0.0.1:9",
    "openai.base_url": "{host}",
    "openai.model": "m",
    "reply.provider": "openai",
}
NOBODY = 65534


class Tactless(BaseHTTPRequestHandler):
    """A host that repeats the key in its refusal, as some do."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._refuse()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._refuse()

    def _refuse(self) -> None:
        said = f"Incorrect API key provided: {self.headers.get('Authorization')}"
        body = json.dumps({"error": {"message": said}}).encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tactless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/"
    server.shutdown()
    server.server_close()


@contextmanager
def careless() -> Iterator[None]:
    """A shell whose files everybody may read, and that keeps the memory of crashes."""
    import resource

    before, core = os.umask(0), resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (core[1], core[1]))
    yield
    os.umask(before)
    resource.setrlimit(resource.RLIMIT_CORE, core)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="canary-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


class Told:
    """What all processes wrote on their standard output and error."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.text = ""

    def run(self, *words: str, stdin: str = "") -> int:
        done = mynah(self.home, *words, stdin=stdin)
        self.text += done.stdout + done.stderr
        return done.returncode


@pytest.fixture(scope="module")
def lived(place: Path, host: str) -> Iterator[tuple[Told, Bot]]:
    """A running bot that Discord, its proxy and its host have all failed."""
    with careless(), pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        told = Told(Home(place / "home"))
        for name, value in SECRETS.items():
            secrets.put(told.home.create(), name, value)
        for setting, chosen in SETTINGS.items():
            save(told.home.config_file, setting, chosen.format(host=host))
        # The program writes the file anew, as every file.
        assert told.run("config", "set", "reply.dial", "60") == 0
        lines = place / "den.json"
        lines.write_text(json.dumps([{"message": line} for line in LINES]))
        bot = Bot(told.home)
        assert told.run("import", "den", str(lines)) == 0
        told.run("say", "--guild", "den", "--mode", "llm", "hello?")
        for words in (
            ("doctor",),
            ("hosts",),
            ("models",),
            ("report", f"{place}/r.zip"),
        ):
            told.run(*words)
        yield told, bot
        bot.kill()


def holding(root: Path, spared: Path) -> list[str]:
    """Return the files below a folder that hold a secret."""
    found = []
    for path in root.rglob("*"):
        if path.is_file() and path != spared:
            data = path.read_bytes()
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    data = b"".join(map(archive.read, archive.namelist()))
            found += [str(path) for one in SECRETS.values() if one.encode() in data]
    return found


def test_no_failure_carries_a_secret_into_a_file_or_onto_a_terminal(
    lived: tuple[Told, Bot], place: Path
) -> None:
    told, _ = lived
    assert "the key" in told.text, "the host refused it"
    assert "proxy" in told.home.log_file.read_text(encoding="utf-8").lower()
    assert [one for one in SECRETS.values() if one in told.text] == []
    assert holding(place, told.home.secrets_file) == []


def test_no_process_shows_a_secret_and_none_leaves_its_memory(
    lived: tuple[Told, Bot],
) -> None:
    process = psutil.Process(lived[1].process.pid)
    for one in (process, *process.children(recursive=True)):
        shown = " ".join((*one.cmdline(), *one.environ().values()))
        assert [secret for secret in SECRETS.values() if secret in shown] == []
        if sys.platform == "linux":
            assert one.rlimit(psutil.RLIMIT_CORE)[0] == 0


def test_every_file_is_its_owners_alone_whatever_the_shell_says(
    lived: tuple[Told, Bot],
) -> None:
    root = lived[0].home.root
    open_ones = {
        str(path.relative_to(root)): oct(mode)
        for path in (root, *root.rglob("*"))
        if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077
    }
    assert open_ones == {}


@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="only root can be another user"
)
def test_another_user_of_the_computer_gets_nothing(lived: tuple[Told, Bot]) -> None:
    told, bot = lived
    wanted = (
        str(told.home.root), str(told.home.secrets_file), str(told.home.endpoint_file),
        str(told.home.database), f"/proc/{bot.process.pid}/environ",
        f"/proc/{bot.process.pid}/mem",
    )  # fmt: skip
    for path in wanted:
        looked = [
            "sh",
            "-c",
            f'if [ -d "{path}" ]; then ls "{path}"; else cat "{path}"; fi',
        ]
        done = subprocess.run(looked, user=NOBODY, group=NOBODY, capture_output=True)
        assert done.returncode != 0 and done.stdout == b"", path


def test_a_link_in_place_of_the_temporary_folder_is_not_followed(
    tmp_path: Path,
) -> None:
    home, elsewhere = Home(tmp_path / "home").create(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").touch()
    home.temporary.symlink_to(elsewhere)
    assert mynah(home, "backup", str(tmp_path / "copy.zip")).returncode == 0
    assert not home.temporary.is_symlink()
    assert [one.name for one in elsewhere.iterdir()] == ["mine"]


def test_a_link_in_place_of_the_secrets_is_replaced_and_not_written_through(
    tmp_path: Path,
) -> None:
    home, elsewhere = Home(tmp_path / "home").create(), tmp_path / "elsewhere"
    elsewhere.write_text("{}")
    home.secrets_file.symlink_to(elsewhere)
    done = mynah(home, "config", "set", "openai_key", stdin=SECRETS["openai_key"])
    assert done.returncode == 0 and elsewhere.read_text("utf-8") == "{}"
    assert not home.secrets_file.is_symlink()


def test_a_bug_tells_no_secret_and_moves_no_terminal(tmp_path: Path) -> None:
    planted = (
        "import app.cli\n"
        f"def broken(words): raise ValueError('\\x1b[2J {SECRETS['bot_token']}')\n"
        "app.cli.main = broken\n"
        "import runpy; runpy.run_module('app', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", planted], capture_output=True, text=True, check=False
    )
    assert done.returncode == 70 and "Traceback" in done.stderr
    assert SECRETS["bot_token"] not in done.stderr and "\x1b" not in done.stderr
