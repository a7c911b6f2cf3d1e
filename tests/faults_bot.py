"""A real bot of one home for the bench of faults; its clock and disk can be changed."""

import asyncio
import json
import os
import shutil
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TypeVar

import psutil

from app.core.errors import AppError
from app.core.paths import Home
from app.ipc import control, endpoint
from app.ipc.peer import Peer
from app.ipc.wire import Request
from app.serve import CATALOGUE
from app.store.database import Database, tuples
from app.store.tables import Message
from tests.home_files import matches_in

R = TypeVar("R")

MARK = "zq[0-9]+zq"
GUILD = "den"
ROOT = Path(__file__).parent.parent
PROGRAM = ("app", "assets", "models.txt")

HOOKS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
static volatile long long *changes;
static volatile long long *read_changes(void) {
  if (!changes) {
    int file = open(getenv("CHANGES"), O_RDONLY);
    changes = mmap(0, 16, PROT_READ, MAP_SHARED, file, 0);
  }
  return changes;
}
int clock_gettime(clockid_t id, struct timespec *told) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, told);
  if (id == CLOCK_REALTIME) told->tv_sec += read_changes()[0];
  return result;
}
int fsync(int file) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  usleep(read_changes()[1]);
  return real(file);
}
int fdatasync(int file) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  usleep(read_changes()[1]);
  return real(file);
}
"""
"""Moves the clock of a process by the seconds in a file, and makes its disk slower by
the microseconds behind them."""


class Bot:
    """Starts `mynah serve`, asks it, and knows what it must keep and what not."""

    def __init__(self, scratch: Path, root: Path) -> None:
        self.home = Home(root)
        self.scratch = scratch
        self.log = scratch / "bot.log"
        self.kept: set[str] = set()
        self.gone: set[str] = set()
        self.dial = ""
        self.replies = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._number = self._version = 0
        self._program = scratch / "program"
        self.install()
        self._changes = scratch / "changes"
        self._changes.write_bytes(bytes(16))
        self._hooks = self._compiled()

    def install(self) -> str:
        """Put a newer version in the place of the program, and return its name."""
        for name in PROGRAM:
            if (ROOT / name).is_dir():
                shutil.rmtree(self._program / name, ignore_errors=True)
                shutil.copytree(ROOT / name, self._program / name)
            else:
                shutil.copy(ROOT / name, self._program)
        self._version += 1
        version = f"0.1.{self._version}"
        text = f'__version__ = "{version}"\n'
        (self._program / "app" / "__init__.py").write_text(text)
        return version

    def _compiled(self) -> Path | None:
        """Return the library that changes clock and disk; None without a compiler."""
        if shutil.which("cc") is None:
            return None
        code, made = self.scratch / "hooks.c", self.scratch / "hooks.so"
        code.write_text(HOOKS)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", made, code, "-ldl"], check=True)
        return made

    def set_clock(self, seconds: int) -> None:
        """Move the bot's clock."""
        self._change(0, seconds)

    def slow_disk(self, seconds: float) -> None:
        """Make the bot's disk take so much longer to keep what is written."""
        self._change(8, round(seconds * 1e6))

    def _change(self, place: int, value: int) -> None:
        with self._changes.open("r+b") as file:
            file.seek(place)
            file.write(struct.pack("q", value))

    def start(self) -> "subprocess.Popen[bytes]":
        """Start another bot of the home."""
        more = {"CHANGES": str(self._changes)}
        if self._hooks is not None:
            more["LD_PRELOAD"] = str(self._hooks)
        command = (sys.executable, "-m", "app", "serve", "--home", str(self.home.root))
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command, cwd=self._program, stderr=log, env=os.environ | more
            )

    async def up(self) -> float:
        """Start it if it does not run; return the seconds until it says something."""
        began = time.monotonic()
        if self.process is None or self.process.poll() is not None:
            self.process = self.start()
        async with asyncio.timeout(120):
            while True:
                known = endpoint.read(self.home.endpoint_file)
                if known is not None and known.pid == self.process.pid:
                    break
                assert self.process.poll() is None, "the bot ended by itself"
                await asyncio.sleep(0.01)
        await self.say()
        return time.monotonic() - began

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def ask(self, request: Request[R], seconds: float = 60) -> R:
        """Ask the bot, as the command line does."""
        peer: Peer | None = None
        async with asyncio.timeout(seconds):
            while peer is None:
                peer = await endpoint.attach(self.home.endpoint_file, CATALOGUE)
                await asyncio.sleep(0.01)
            talk = asyncio.ensure_future(peer.run())
            try:
                return await peer.call(request)
            finally:
                talk.cancel()

    async def say(self) -> None:
        said = await self.ask(control.Say(GUILD, "who was here?", mode="markov"))
        assert said.text
        self.replies += 1

    async def set_dial(self, value: str) -> None:
        await self.ask(control.ConfigSet("reply.dial", value, GUILD))
        self.dial = value

    async def learn(self) -> str:
        """Import a file with one message of somebody new; return who."""
        self._number += 1
        mark, author = f"zq{self._number}zq", f"Ann {self._number}"
        line = {"id": str(self._number), "channel": "c", "author": author}
        path = self.scratch / "new.jsonl"
        path.write_text(json.dumps(line | {"text": f"the king {mark} was here"}) + "\n")
        await self.ask(control.Import(GUILD, [str(path)]))
        path.unlink()
        self.kept.add(mark)
        return author

    async def forget(self, author: str) -> None:
        mark = f"zq{author.removeprefix('Ann ')}zq"
        self.kept.discard(mark)
        await self.ask(control.Forget(GUILD, author=author))
        self.gone.add(mark)

    def faults(self) -> list[str]:
        """Compare the home with what was acknowledged."""
        with Database(self.home.database, read_only=True) as database:
            texts = database.call(_texts)
        there = Counter(
            one for text in texts for one in text.split() if one[:2] == "zq"
        )
        found = [f"{mark} was lost" for mark in self.kept - there.keys()]
        found += [f"{mark} is there twice" for mark in there if there[mark] > 1]
        back = matches_in(self.home.root, MARK) & self.gone
        return found + [f"{mark} came back" for mark in back]

    async def dial_faults(self) -> list[str]:
        told = await self.ask(control.ConfigGet("reply.dial", GUILD))
        now = str(told.settings[0].value)
        return [] if now == self.dial else [f"the dial is {now}, not {self.dial}"]

    @property
    def memory(self) -> int:
        """The bytes that the bot has in memory."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)


async def refused(bot: Bot) -> str:
    """Return why a write is refused; empty if it is not."""
    try:
        await bot.learn()
    except AppError as error:
        return str(error)
    return ""


def _texts() -> list[str]:
    return [text for (text,) in tuples(Message.select(Message.text))]
