"""A runner without a model, for tests: repeats the prompt's last line, word by word."""

from collections import deque
from collections.abc import Iterator

from app.ipc.inference import (
    CancelGenerate,
    Generate,
    GenerateReply,
    Info,
    InfoReply,
    Piece,
    Ready,
)
from app.ipc.wire import Done, Params
from app.runner.responses import ResponseWriter

CONTEXT = 4096


class EchoDesk:
    """Serves the same requests as a model by repeating its prompt."""

    def __init__(self) -> None:
        self._jobs: deque[tuple[Generate, ResponseWriter, Iterator[str]]] = deque()

    @property
    def is_idle(self) -> bool:
        return not self._jobs

    def ready(self) -> Ready:
        return Ready("echo", CONTEXT, True, 10_000.0, 10_000.0)

    def step(self) -> None:
        """Write one word of the oldest request."""
        request, outbox, words = self._jobs[0]
        word = next(words, None)
        if word is not None:
            outbox.notify(Piece(request.stream, word, 0.0))
            return
        self._jobs.popleft()
        outbox.reply(_completion(request, "stop"))

    def handle(self, params: Params, outbox: ResponseWriter) -> None:
        match params:
            case Generate():
                words = (f" {word}" for word in _last_line(params.prompt).split())
                self._jobs.append((params, outbox, words))
            case CancelGenerate(stream):
                self._cancel(stream)
                outbox.reply(Done())
            case Info():
                outbox.reply(InfoReply("echo", len(self._jobs), {}, 0))
            case _:
                outbox.reply(Done())

    def _cancel(self, stream: int) -> None:
        for item in [*self._jobs]:
            request, outbox, _ = item
            if request.stream == stream:
                self._jobs.remove(item)
                outbox.reply(_completion(request, "cancelled"))


def _last_line(prompt: str) -> str:
    """Return the last speaker's words in a log that ends with the bot's name."""
    lines = prompt.rstrip().split("\n")
    said = lines[-2] if len(lines) > 1 else lines[-1]
    return said.partition(": ")[2] or said


def _completion(request: Generate, finish: str) -> GenerateReply:
    text = " ".join(_last_line(request.prompt).split())
    words = len(text.split())
    return GenerateReply(
        text=text,
        prompt_tokens=len(request.prompt.split()),
        cached_tokens=0,
        completion_tokens=words,
        finish=finish,
        first_token_ms=0.0,
        total_ms=0.0,
    )
