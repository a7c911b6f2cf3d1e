"""A child for the tests of the wire: `python children.py BEHAVIOUR`."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil

from app.ipc import stdio
from app.ipc.peer import Peer
from app.ipc.wire import Catalogue, Request


@dataclass(frozen=True)
class Said:
    """What a deed brought."""

    text: str


@dataclass(frozen=True)
class Do(Request[Said]):
    """Carry out one of the deeds below."""

    method: ClassVar[str] = "do"
    deed: str
    argument: str = ""


@dataclass(frozen=True)
class Hello:
    """The child is up."""

    method: ClassVar[str] = "hello"
    pid: int


CATALOGUE = Catalogue([Do], [Hello])


async def do(peer, request):
    match request.deed:
        case "echo":
            return Said(request.argument)
        case "die":
            print("GGML_ASSERT(n_tokens > 0) failed", file=sys.stderr, flush=True)
            psutil.Process().kill()
        case "exit":
            os._exit(int(request.argument))
        case "print":
            print(request.argument)
            os.write(1, request.argument.encode() + b"\n")
            return Said("")
        case "hang":
            time.sleep(60)  # noqa: ASYNC251 — this is the hang
    raise ValueError(request.deed)


async def serve():
    stdout = stdio.StdoutWriter(stdio.take_stdout())
    peer = Peer(stdio.StdinReader(), stdout, CATALOGUE, {"do": do})
    await peer.notify(Hello(os.getpid()))
    await peer.run()


if __name__ == "__main__":
    if sys.argv[1:] == ["exit-early"]:
        print("cannot read the model", file=sys.stderr)
        sys.exit(1)
    if sys.argv[1:] == ["wrong-configuration"]:
        print("the key is wrong", file=sys.stderr)
        sys.exit(78)
    asyncio.run(serve())
