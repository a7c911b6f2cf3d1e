"""The command line as a person uses it: processes of their own, beside a bot."""

import asyncio
import json
import os
import subprocess
import sys
import time

from app.cli.connect import connect
from app.core.paths import Home
from app.ipc import control
from app.ipc.endpoint import Endpoint, read

PATIENCE = 100 if os.name == "nt" else 30
"""Seconds for a start, which takes long under wine."""

LINES = [
    "the cat sat on the mat today",
    "the dog sat on the sofa all day",
    "a cat ate the fish on the sofa",
    "my dog likes the fish and the cat",
    "we sat in the garden all day long",
]


def mynah(home: Home, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *words, "--home", str(home.root)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )


def answer(home: Home, *words: str, stdin: str = "") -> list[dict]:  # type: ignore[type-arg]
    done = mynah(home, *words, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Bot:
    def __init__(self, home: Home) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--home", str(home.root)],
            stderr=subprocess.PIPE,
        )
        try:
            self.endpoint = self._wait_for_endpoint()
        except AssertionError:
            self.process.kill()
            raise

    def _wait_for_endpoint(self) -> Endpoint:
        until = time.monotonic() + PATIENCE
        while (at := read(self.home.endpoint_file)) is None or (
            at.pid != self.process.pid
        ):
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < until
            time.sleep(0.02)
        return at

    def end(self) -> int:
        """Ask it to end, which a window of Windows does that is not here."""
        if self.process.poll() is None and os.name == "nt":
            asyncio.run(self._shut_down())
        elif self.process.poll() is None:
            self.process.terminate()
        return self._wait()

    def kill(self) -> int:
        self.process.kill()
        return self._wait()

    async def _shut_down(self) -> None:
        async with connect(self.home) as bot:
            await bot.call(control.Shutdown())

    def _wait(self) -> int:
        code = self.process.wait(timeout=20)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code
