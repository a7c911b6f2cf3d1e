"""The frame every screen shares: navigation above, status and keys below."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer
from textual.worker import Worker, WorkerState

from app.errors import AppError
from app.tui.linking import Json
from app.tui.news import News
from app.tui.widgets.nav import Nav
from app.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from app.ipc.wire import Params
    from app.tui.app import MynahApp

T = TypeVar("T")


@dataclass
class Fetched(Message):
    """Something asked for beside the screen has come."""

    data: Any
    show: Callable[[Any], None]


class MynahScreen(Screen[None]):
    """A screen of the navigation; what it shows is made in `compose_body`."""

    app: "MynahApp"
    NAME: ClassVar[str]
    """Its entry in `SCREENS`."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall"), (52, "-huge")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave_field", "Leave the field", show=False),
    ]

    def compose(self) -> ComposeResult:
        yield Nav(self.NAME)
        with Container(id="body"):
            yield from self.compose_body()
        yield StatusBar()
        yield Footer(show_command_palette=True)

    def compose_body(self) -> ComposeResult:
        """What is between navigation and status bar."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Show the present state whenever the screen comes to the front."""
        self.status_changed()
        self.refresh_data()

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error:
            self.app.report_bug(event.worker.error)

    @on(News)
    def _hear(self, news: News) -> None:
        self.hear(news)

    @on(Fetched)
    def _deliver(self, fetched: Fetched) -> None:
        fetched.show(fetched.data)

    def hear(self, news: News) -> None:
        """Take in what concerns this screen, while it is in front."""

    def status_changed(self) -> None:
        """The bot's status or the link to it changed."""

    def refresh_data(self) -> None:
        """Read lists anew; called when the screen comes to the front."""

    def action_leave_field(self) -> None:
        """Give up the focus of a field, so that single keys act again."""
        self.set_focus(None)

    async def ask(self, request: "Params") -> Json | None:
        """The bot's reply; what went wrong is shown, and None returned."""
        try:
            return await self.app.link.call(request)
        except AppError as error:
            self.app.warn(error)
            return None

    def request(
        self,
        request: "Params",
        show: Callable[[Json], None] = lambda _: None,
        group: str = "request",
    ) -> None:
        """Ask the bot beside the screen and hand its reply to `show`."""
        self.fetch(lambda: self.ask(request), show, group, exclusive=False)

    def fetch(
        self,
        job: Callable[[], Awaitable[T | None]],
        show: Callable[[T], None],
        group: str = "fetch",
        *,
        exclusive: bool = True,
    ) -> Worker[None]:
        """Wait for a job beside the screen and hand what it brings to `show`.

        A newer job of the same group replaces an older one, unless not `exclusive`.
        """

        async def run() -> None:
            try:
                data = await job()
            except AppError as error:
                self.app.warn(error)
                return
            if data is not None:
                self.post_message(Fetched(data, show))

        return self.run_worker(
            run, group=group, exclusive=exclusive, exit_on_error=False
        )
