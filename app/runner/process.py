"""The runner: one loaded model, requests on stdin, answers on a private stdout."""

import argparse
import logging
import queue
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.core.errors import AppError, UsageError
from app.core.system.memory_limit import limit_memory
from app.core.system.requests_to_end import leave_to_parent
from app.ipc import stdio
from app.ipc.inference import (
    NOTIFICATIONS,
    REQUESTS,
    FoundGpu,
    Ready,
    TemplateRead,
    TriesGpu,
)
from app.ipc.wire import Catalogue, Notification, Params, RequestFrame, WireError
from app.modelfiles import checks
from app.runner.responses import ResponseWriter

log = logging.getLogger(__name__)


class Desk(Protocol):
    """Carries out requests; each `step` does a little of the current work."""

    @property
    def is_idle(self) -> bool: ...
    def ready(self) -> Ready: ...
    def handle(self, params: Params, outbox: ResponseWriter) -> None: ...
    def step(self) -> None: ...


def main(argv: Sequence[str]) -> int:
    """Load the named model, and serve until stdin ends; return the exit code."""
    # Ctrl-C in a terminal and a service's stop reach the whole group. The bot decides
    # when this process ends, and would otherwise take that for a crash.
    leave_to_parent()
    fd = stdio.take_stdout()
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s")
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    stdio.exit_with_stdin(lines.put)
    try:
        options = _parse(argv)
        if options.look_for_gpu:
            _look_for_gpu(fd)
        elif options.read_template:
            _read_template(options.model, fd)
        else:
            serve(_open(options, fd), lines, fd)
    except AppError as error:
        log.error("%s", error)
        return error.exit_code
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("mynah runner", exit_on_error=False)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--context", type=int, default=6144)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--gpu-layers", type=_layers, default=0)
    parser.add_argument("--projector", type=Path)
    parser.add_argument("--look-for-gpu", action="store_true")
    parser.add_argument("--read-template", action="store_true")
    parser.add_argument("--echo", action="store_true")
    try:
        options = parser.parse_args(argv)
    except argparse.ArgumentError as error:
        raise UsageError(f"{error}.") from error
    if not (options.echo or options.look_for_gpu or options.model):
        raise UsageError("The runner needs a model.", "Choose a GGUF file.")
    return options


def _layers(text: str) -> int | None:
    """Return a number of layers; None stands for as many as fit."""
    return None if text == "auto" else int(text)


def _look_for_gpu(fd: int) -> None:
    from app.runner import gpu_loader, llama

    llama.start()
    outbox = ResponseWriter(fd, None)
    found = gpu_loader.look(lambda: outbox.notify(TriesGpu()))
    outbox.notify(FoundGpu(found))


def _read_template(path: Path, fd: int) -> None:
    from app.runner import chat_template, llama

    checks.check(path, 0, gpu_share=1.0)
    llama.start()
    model = llama.Model(path, vocabulary_only=True)
    limit_memory(chat_template.MOST_MEMORY)
    marks = chat_template.marks_of(*model.template)
    ResponseWriter(fd, None).notify(TemplateRead(marks))


def _open(options: argparse.Namespace, fd: int) -> Desk:
    if options.echo:
        from app.runner.echo_runner import EchoDesk

        return EchoDesk()
    # How much memory it takes is known only when a graphics card was looked for.
    checks.check(options.model, options.context, gpu_share=1.0)
    # Load native code only now that stdout is safe.
    from app.runner.request_handler import ModelDesk

    return ModelDesk.load(options, lambda: ResponseWriter(fd, None).notify(TriesGpu()))


def serve(desk: Desk, lines: "queue.SimpleQueue[bytes]", fd: int) -> None:
    """Answer requests while working; sleep when idle."""
    catalogue = Catalogue(REQUESTS, NOTIFICATIONS)
    ResponseWriter(fd, None).notify(desk.ready())
    while True:
        while not lines.empty() or desk.is_idle:
            take(desk, catalogue, lines.get(), fd)
        desk.step()


def take(desk: Desk, catalogue: Catalogue, line: bytes, fd: int) -> None:
    """Carry out one line; a faulty line fails only its own request."""
    try:
        frame = catalogue.decode(line)
    except WireError as error:
        ResponseWriter(fd, error.id).fail(error.code, str(error))
        return
    match frame:
        case RequestFrame(id, params):
            outbox = ResponseWriter(fd, id)
        case Notification(params):
            outbox = ResponseWriter(fd, None)
        case _:
            return
    try:
        desk.handle(params, outbox)
    except AppError as error:
        outbox.fail(error.exit_code, error.message, error.hint)
