"""Questions of screens to bot and owner, and what becomes of the answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual import on
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from app.core.errors import AppError
from app.core.names import typed_path
from app.core.safe_text import safe_line
from app.tui.widgets.dialogs import AskText, Confirm

if TYPE_CHECKING:
    from app.ipc.wire import Request
    from app.tui.app import MynahApp

T = TypeVar("T")


@dataclass
class Fetched(Message):
    """The result of a background request."""

    data: object
    show: Callable[[Any], None]
    presses: int = 0
    """The app's `presses` when it was asked for."""


class AskingScreen(Screen[None]):
    """A screen that waits for nothing: results come to it as messages."""

    app: "MynahApp"

    _asked_after = 0
    """The app's `presses` when what is delivered now was asked for."""

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error:
            self.app.report_bug(event.worker.error)

    @on(Fetched)
    def _deliver(self, fetched: Fetched) -> None:
        self._asked_after = fetched.presses
        fetched.show(fetched.data)
        self.refresh_bindings()

    def ask_file(
        self,
        question: str,
        detail: str,
        default: str,
        write: Callable[[Path, bool], None],
    ) -> None:
        """Ask for a file to write, and again before one that exists is replaced.

        Args:
            write: Takes the path, and whether a file there is to be replaced.
        """

        def chosen(path: str | None) -> None:
            if not path or not path.strip():
                return
            # The bot that writes it may run in another directory.
            target = typed_path(path.strip()).absolute()
            if not target.exists():
                write(target, False)
                return

            def answered(yes: bool | None) -> None:
                if yes:
                    write(target, True)

            title = f"Replace {safe_line(str(target))}?"
            dialog = Confirm(title, "The file already exists.", "Replace")
            self.app.push_screen(dialog, answered)

        self.app.push_screen(AskText(question, detail, default), chosen)

    def show_result(self, title: str, text: str | Content) -> None:
        """Show the result that is delivered now, as `MynahApp.show_result` does."""
        self.app.show_result(self, title, text, self._asked_after)

    async def ask(self, request: "Request[T]") -> T | None:
        """Return the bot's reply; on an error, show it and return None."""
        try:
            return await self.app.link.call(request)
        except AppError as error:
            self.app.warn(error)
            return None

    def request(
        self,
        request: "Request[T]",
        show: Callable[[T], None] = lambda _: None,
        group: str = "request",
        refused: Callable[[AppError], None] | None = None,
    ) -> Worker[None]:
        """Send a request in the background, and hand its reply to `show`.

        Args:
            refused: Takes the reason of a refusal; by default it is shown.
        """
        call = partial(self.app.link.call, request)
        return self.fetch(call, show, group, exclusive=False, refused=refused)

    def fetch(
        self,
        job: Callable[[], Awaitable[T | None]],
        show: Callable[[T], None],
        group: str = "fetch",
        *,
        exclusive: bool = True,
        refused: Callable[[AppError], None] | None = None,
    ) -> Worker[None]:
        """Run a job in the background, and hand its result to `show`.

        A newer job of the same group replaces an older one, unless not `exclusive`.
        """

        presses = self.app.presses

        async def run() -> None:
            try:
                data = await job()
            except AppError as error:
                (refused or self.app.warn)(error)
                return
            if data is not None:
                self.post_message(Fetched(data, show, presses))

        return self.run_worker(
            run, group=group, exclusive=exclusive, exit_on_error=False
        )
