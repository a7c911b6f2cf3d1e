"""A search on the hub: words, then repositories, then the files of one."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.content import Content

from app.core import labels
from app.core.errors import AppError
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Request
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.screens.models import model_lines
from app.tui.widgets.dialogs import AskText, Pick, Wait

T = TypeVar("T")

WIDEST, SHARE, FRAME = 112, 0.92, 10
"""Cells of a wide dialog, its share of the terminal, and what its frame takes."""

ROOM_FOR_WEIGHTS = 76
"""The cells of a line from which the weights' format has a column of its own."""


class HubMenu:
    """Asks one small question after another; esc goes back by one."""

    def __init__(
        self, screen: MynahScreen, fetch: Callable[[control.ModelEntry, str], None]
    ) -> None:
        """`fetch` takes the chosen model and its address on the hub."""
        self._screen = screen
        self._fetch = fetch
        self._host = ""

    def open(self) -> None:
        """Ask for words; nothing goes to the hub before they are entered."""

        def told(reply: control.HubReply) -> None:
            self._host = safe_line(reply.host)
            self._ask_words()

        self._screen.request(control.Hub(), told)

    def _ask_words(self, typed: str = "", refusal: str = "") -> None:
        def entered(words: str | None) -> None:
            if words is not None:
                self._search(words.strip())

        detail = (
            "Words of a model's name, as qwen 4b. They go to"
            f" {self._host} once you press enter."
        )
        dialog = AskText("Search the hub for models", detail, typed, refusal=refusal)
        self._screen.app.push_screen(dialog, entered)

    def _search(self, words: str) -> None:
        def shown(reply: control.HubSearchReply) -> None:
            if reply.repositories:
                self._list(words, reply)
            else:
                none = f"{self._host} has no GGUF model of that name. Try fewer words."
                self._ask_words(words, none)

        def refused(error: AppError) -> None:
            self._ask_words(words, _line(error))

        told = f"Asking {self._host} for “{safe_line(words)}”…"
        self._wait(told, control.HubSearch(words), shown, refused)

    def _list(
        self,
        words: str,
        reply: control.HubSearchReply,
        at: int = 0,
        refusal: str = "",
    ) -> None:
        """List the repositories; `refusal` says why one was not shown."""

        def picked(place: int | None) -> None:
            if place is None:
                self._ask_words(words)
                return
            name = reply.repositories[place].name

            def refused(error: AppError) -> None:
                self._list(words, reply, place, _line(error))

            self._wait(
                f"Asking {self._host} for the files of {safe_line(name)}…",
                control.HubFiles(name),
                partial(self._list_files, lambda: self._list(words, reply, place)),
                refused,
            )

        width = self._width
        options = [
            (_repository(one, width), place)
            for place, one in enumerate(reply.repositories)
        ]
        left = ""
        if reply.left_out:
            left = f"{format.many(reply.left_out, 'name')} cannot be fetched from here."
        pick = Pick(
            f"“{safe_line(words)}” on {self._host}",
            options,
            at,
            refusal or left,
            head=_titles(width),
        )
        self._screen.app.push_screen(pick, picked)

    def _list_files(
        self, back: Callable[[], None], reply: control.HubFilesReply
    ) -> None:
        def picked(file: control.HubFile | None) -> None:
            if file is None:
                back()
            else:
                self._fetch(file.model, file.address)

        width = self._width
        options = [
            (_file(one, width, is_best=one.address == reply.best), one)
            for one in reply.files
        ]
        addresses = [one.address for one in reply.files]
        best = addresses.index(reply.best) if reply.best else 0
        pick = Pick(
            safe_line(reply.repository.name),
            options,
            best,
            _told(reply),
            head=_file_titles(width),
        )
        self._screen.app.push_screen(pick, picked)

    def _wait(
        self,
        told: str,
        request: Request[T],
        show: Callable[[T], None],
        refused: Callable[[AppError], None],
    ) -> None:
        """Ask the hub behind a dialog that can be left."""
        wait: Wait[Callable[[], None]] = Wait(told)
        worker = self._screen.request(
            request,
            lambda reply: wait.come(partial(show, reply)),
            refused=lambda error: wait.come(partial(refused, error)),
        )
        self._screen.app.push_screen(
            wait, lambda act: act() if act else worker.cancel()
        )

    @property
    def _width(self) -> int:
        """The cells of a line in a wide dialog."""
        return min(WIDEST, int(self._screen.app.size.width * SHARE)) - FRAME


def _line(error: AppError) -> str:
    return safe_line(str(error))


def _titles(width: int) -> str:
    return f"{'repository':<{width - 27}} {'licence':<11}{'model':>7}{'fetched':>8}"


def _repository(one: control.HubRepository, width: int) -> Content:
    """Draw a repository: its name, licence, parameters and downloads."""
    licence = "ask first" if one.is_gated else safe_line(one.licence) or "unknown"
    return Content.assemble(
        _cut(safe_line(one.name), width - 27),
        " ",
        (_cut(licence, 11).plain, "$warning" if one.is_gated else "$quiet"),
        f"{labels.parameters(one.parameters):>7}{format.count(one.downloads):>8}",
    )


def _file_titles(width: int) -> str:
    name, weights = _columns(width)
    told = f"{' weights':<{weights}}" if weights else ""
    return f"{'file':<{name}}{told}{'size':>9}  {'memory, about':<19}{'answers in':>11}"


def _columns(width: int) -> tuple[int, int]:
    """Return the cells for a file's name and for the format of its weights."""
    weights = 12 if width >= ROOM_FOR_WEIGHTS else 0
    return width - 41 - weights, weights


def _file(one: control.HubFile, width: int, *, is_best: bool) -> Content:
    """Draw a file: its format, size, fit and answer time here."""
    name, weights = _columns(width)
    model = one.model
    need = model_lines.need(model) + (", best" if is_best else "")
    format_ = f" {safe_line(one.quantisation) or '?'}"
    return Content.assemble(
        format.ends(safe_line(model.title).removesuffix(".gguf"), name),
        _cut(format_, weights) if weights else "",
        f"{format.size(model.bytes):>9}  ",
        (
            f"{'✓ here' if model.present else need:<19}",
            "$success" if is_best or model.present else "$quiet",
        ),
        f"{model_lines.answers(model):>11}",
    )


def _cut(text: str, width: int) -> Content:
    """Fill exactly so many cells."""
    return Content(text).truncate(width, ellipsis=True, pad=True)


def _told(reply: control.HubFilesReply) -> str:
    """Say what holds for all of the files, and which were left out."""
    left = [
        format.many(number, noun)
        for number, noun in (
            (reply.parts, "part"),
            (reply.projectors, "projector"),
            (reply.others, "other file"),
        )
        if number
    ]
    parts = [
        f"Licence: {safe_line(reply.repository.licence) or 'unknown'}.",
        f"{safe_line(reply.host)} gives it only to accounts that agreed to its terms:"
        " set HF_TOKEN." if reply.repository.is_gated else "",
        f"Memory is for model.context = {reply.context:,}.",
        safe_line(reply.without_best),
        f"Left out: {', '.join(left)}." if left else "",
        "" if reply.files else "No file of it can be fetched: esc goes back.",
    ]  # fmt: skip
    return " ".join(part for part in parts if part)
