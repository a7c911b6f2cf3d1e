"""Learn: imports and trainings, their progress, and unreadable files."""

from operator import attrgetter
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from app.core.errors import AppError
from app.core.names import typed_path, wire_name
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.control import ImportPreviewReply, ImportReply, Progress
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents, is_done
from app.tui.screens.learn import import_texts, job_lines
from app.tui.widgets.dialogs import AskText, Confirm, Detail, Pick
from app.tui.widgets.feed import Feed
from app.tui.widgets.files import PickFile

EMPTY = "No work since you opened this window."
BEGIN = " Press <i learn.import> to import, <t learn.train> to read a history."
DROP = (
    "Drop a file on this window, or press <i learn.import>. Mynah shows what it would "
    "learn before it learns anything."
)


class LearnScreen(MynahScreen):
    """A line per job; drop a file on the terminal to import it."""

    NAME = "learn"
    CSS_PATH = "learn_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "import", "Import"),
        Binding("b", "browse", "Browse"),
        Binding("t", "train", "Read a history"),
        Binding("p", "pause", "Pause/resume"),
        Binding("x", "stop", "Stop"),
        Binding("v", "results", "Results"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._results: list[ImportReply] = []
        """The results of each import since the window was opened."""

    def compose_body(self) -> ComposeResult:
        yield Static("", id="how", classes="quiet", markup=False)
        yield Static("", id="backlog", markup=False)
        yield Feed(
            self._draw,
            attrgetter("work", "label"),
            id="jobs",
            head=job_lines.head,
            empty=EMPTY + ("" if self.app.is_watching else BEGIN),
        )

    def on_mount(self) -> None:
        self.query_one(Feed).focus()

    def refresh_data(self) -> None:
        if self.app.link_state.is_up:
            self.fetch(self._load, lambda _: self._show())
        self._show()

    def hear(self, news: NewEvents) -> None:
        if news.progress:
            self._show()

    def _draw(self, job: Progress, width: int) -> Content:
        return job_lines.draw(job, width, self.app.with_keys("<enter list.choose>"))

    def status_changed(self) -> None:
        self.query_one("#how", Static).update(self.app.advice(DROP))
        self._show()

    async def _load(self) -> bool:
        await self.app.load_guilds()
        return True

    def _show(self) -> None:
        feed = self.query_one(Feed)
        jobs = sorted(self.app.progress.values(), key=is_done)
        feed.show(jobs)
        self.refresh_bindings()
        backlog = self.query_one("#backlog", Static)
        backlog.update(job_lines.backlog(self.app.guilds))
        # Of many servers, the sum of the first ones would mislead.
        backlog.display = not self.app.has_more_guilds

    # Importing.

    def on_paste(self, event: events.Paste) -> None:
        """Import a file dropped on the terminal, which arrives as its pasted path."""
        path = dropped_path(event.text)
        if path:
            event.stop()
            if not self.app.refuses():
                self._look(str(path))

    def action_import(self) -> None:
        """Import a file or folder by its path."""
        self._ask_path()

    def _ask_path(self, path: str = "", refusal: str = "") -> None:
        """Ask for a path; one that can't be read stays there to be changed."""
        question = "Which file or folder?"
        detail = "Its full path. A folder is read with everything in it."
        dialog = AskText(question, detail, path, refusal=refusal)
        self.app.push_screen(dialog, self._look)

    def action_browse(self) -> None:
        """Browse for a file to import."""
        self.app.push_screen(PickFile("Which file?", Path.home()), self._look)

    def _look(self, path: str | None) -> None:
        """Show what a file or folder holds before anything is learned."""
        if not path or not path.strip():
            return
        path = path.strip()

        def refused(error: AppError) -> None:
            self._ask_path(path, str(error))

        self.app.tell("Looking into it…")
        request = control.ImportPreview("", [wire_name(typed_path(path))])
        self.request(
            request, lambda found: self._match_guilds(path, found), refused=refused
        )

    def _match_guilds(self, path: str, found: ImportPreviewReply) -> None:
        if not any(server.files for server in found.servers):
            detail = import_texts.preview(found)
            self.app.push_screen(Detail("There is nothing to learn", detail))
            return
        told = list(filter(None, (one.id or one.name for one in found.servers)))
        self.fetch(
            lambda: self.app.guilds_named(told),
            lambda guilds: self._choose_guild(path, found, guilds),
            "matching",
        )

    def _choose_guild(
        self,
        path: str,
        found: ImportPreviewReply,
        guilds: list[control.GuildFigures],
    ) -> None:
        detail = import_texts.preview(found)
        known = import_texts.fitting(found, guilds)

        def picked(key: str | None) -> None:
            if key == "":
                self._name_guild(path)
            elif key:
                self._import(key, path)

        if known:
            options = [*known, ("A new server…", "")]
            # Where the files name no server, enter must not mix them into one.
            at = 0 if import_texts.names_one(found) else len(known)
            question = "Whose messages are these?"
            self.app.push_screen(Pick(question, options, at, detail), picked)
        else:
            self._name_guild(path, detail)

    def _name_guild(self, path: str, found: str = "") -> None:
        def named(name: str | None) -> None:
            if name and name.strip():
                self._import(name.strip(), path)

        question = "What is the server's name?"
        detail = "A Discord server with this name will take over its messages."
        detail = f"{found}\n\n{detail}" if found else detail
        self.app.push_screen(AskText(question, detail), named)

    def _import(self, guild: str, path: str) -> None:
        self.app.tell("Reading…")
        request = control.Import(guild, [wire_name(typed_path(path))])
        self.request(request, self._imported)

    def _imported(self, reply: ImportReply) -> None:
        self._results.append(reply)
        faults = format.many(len(reply.errors), "fault") if reply.errors else ""
        learned = f"Learned {format.many(reply.added, 'message')} of {reply.guild}"
        told = ", with ".join(filter(None, [learned, faults]))
        more = self.app.with_keys(". Press <v learn.results> on Learn (5) for more.")
        self.app.tell(f"{told}{more}")
        self.refresh_data()

    def action_results(self) -> None:
        """Show the results of the last import, file by file."""
        title, text = import_texts.result(self._results[-1])
        self.app.push_screen(Detail(title, text))

    def action_train(self) -> None:
        """Learn the history of the listened channels."""

        def picked(guild: control.GuildFigures) -> None:
            request = control.Train(guild.key)
            self.request(request, lambda _: self.app.tell("Reading its history."))

        question = "Learn which server's history?"
        self.app.pick_guild(question, picked, lambda guild: guild.id)

    # Steering.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to steer what runs, and to read what there is."""
        if not self.is_mounted:
            return True
        if action in ("pause", "stop"):
            return self._job is not None
        if action == "results":
            return bool(self._results)
        if action == "train":
            return any(guild.id for guild in self.app.guilds)
        return super().check_action(action, parameters)

    @property
    def _job(self) -> Progress | None:
        """The chosen work, while it runs."""
        job: Progress | None = self.query_one(Feed).item
        return None if job is None or not job.job or is_done(job) else job

    def action_pause(self) -> None:
        """Pause or continue the chosen job."""
        if job := self._job:
            self.app.steer(job, "resume" if job.paused else "pause")

    def action_stop(self) -> None:
        """Stop the chosen job; its results stay."""
        if job := self._job:

            def answered(yes: bool | None) -> None:
                if yes:
                    self.app.steer(job, "stop")

            detail = "Its work so far stays, and a later start continues there."
            question = f"Stop “{safe_line(job.label)}”?"
            self.app.push_screen(Confirm(question, detail, "Stop"), answered)

    @on(Feed.Chosen)
    def _open(self, event: Feed.Chosen) -> None:
        job: Progress = event.item
        if job.error:
            self.app.push_screen(Detail(safe_line(job.label), job.error))


def dropped_path(text: str) -> Path | None:
    """Return the file named by a pasted text, if any."""
    cleaned = text.strip().removeprefix("file://").strip("'\"").replace("\\ ", " ")
    if not cleaned or "\n" in cleaned or len(cleaned) > 4096:
        return None
    path = typed_path(cleaned)
    return path if path.is_absolute() and path.exists() else None
