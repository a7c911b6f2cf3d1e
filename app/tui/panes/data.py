"""A server's data: export, snapshots, rollback and forgetting."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Request
from app.tui import format
from app.tui.changes import Change
from app.tui.panes.base import Pane
from app.tui.widgets.dialogs import AskText, Confirm, ask_name
from app.tui.widgets.feed import Feed

ROLLING = "Rolling back, which takes a moment…"
EMPTY = "No snapshot yet."
TAKE_ONE = (
    " Press <n guild.data.take> to save the voice; after a raid, press "
    "<r guild.data.restore> to restore it."
)


class DataPane(Pane):
    """A list of snapshots; everything that loses data asks first."""

    ON_A_LINE: ClassVar[frozenset[str]] = frozenset(("restore", "compare"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "take", "Snapshot"),
        Binding("r", "restore", "Roll back"),
        Binding("c", "compare", "Compare"),
        Binding("w", "export", "Export"),
        Binding("D", "forget_author", "Forget person"),
        Binding("X", "forget_all", "Forget all"),
    ]

    def compose(self) -> ComposeResult:
        yield Static("", id="sizes", markup=False)
        yield Static("Snapshots of the voice", classes="title")
        yield Feed(
            lambda snapshot, width: draw(snapshot, self.mynah.app.clock()),
            attrgetter("name"),
            id="snapshots",
            empty=EMPTY + ("" if self.mynah.app.is_watching else TAKE_ONE),
        )

    def reload(self) -> None:
        self.query_one("#sizes", Static).update(_sizes(self.guild))
        self.mynah.request(control.Snapshots(self.guild.key), self._show)

    def _show(self, reply: control.SnapshotsReply) -> None:
        self.query_one(Feed).show(reply.snapshots)

    def action_take(self) -> None:
        """Save the voice as it is now."""

        key = self.guild.key

        def named(name: str | None) -> None:
            if name and name.strip():
                request = control.SnapshotTake(key, name.strip())
                self._do(request, "Kept.")

        self.app.push_screen(AskText("What is the snapshot's name?"), named)

    def action_restore(self) -> None:
        """Restore voice, persona and settings from the chosen snapshot."""
        snapshot: control.KeptSnapshot | None = self.query_one(Feed).item
        if snapshot:
            name = snapshot.name
            request = control.SnapshotRestore(self.guild.key, name)
            self._confirm(
                f"Roll back to {safe_line(name)}?",
                "Persona and settings go back, too. Messages learned since then "
                "leave the voice but stay stored. Mynah takes another snapshot, so "
                "you can undo this.",
                partial(self._roll_back, request),
            )

    def _roll_back(self, request: control.SnapshotRestore) -> None:
        def finished(done: control.SnapshotRestoreReply) -> None:
            self._changed(tell)
            back = control.SnapshotRestore(request.guild, done.undo)
            says = "Voice, persona and settings are as before the rollback."

            def take_back(told: Callable[[], None]) -> None:
                self.mynah.app.tell(ROLLING)
                self._ask(back, told)

            self.mynah.app.note_change(Change(says, take_back))

        tell = partial(self.mynah.app.tell, "Rolled back.")
        self.mynah.app.tell(ROLLING)
        self.mynah.request(request, finished)

    def action_compare(self) -> None:
        """Show the voice's gains and losses since the chosen snapshot."""
        snapshot: control.KeptSnapshot | None = self.query_one(Feed).item
        if snapshot:
            name = snapshot.name
            request = control.SnapshotCompare(self.guild.key, name)

            def show(found: control.SnapshotCompareReply) -> None:
                title = f"Since {safe_line(name)}"
                self.mynah.show_result(title, _differences(found))

            self.mynah.request(request, show)

    def action_export(self) -> None:
        """Write all messages to a file."""

        key = self.guild.key

        def write(target: Path, overwrite: bool) -> None:
            request = control.Export(key, str(target), overwrite=overwrite)
            self.mynah.app.tell(f"Writing to {target}…")
            self._do(request, f"Written to {target}")

        default = str(self.mynah.app.home.root / "export.jsonl")
        detail = "JSON Lines, one message per line. Mynah can import it again."
        self.mynah.ask_file("Export to which file?", detail, default, write)

    def action_forget_author(self) -> None:
        """Forget all of one person's messages."""

        key = self.guild.key

        def named(author: str | None) -> None:
            if author and author.strip():
                request = control.Forget(key, author=author.strip(), prove=True)
                self._confirm(
                    f"Forget everything by {safe_line(author)}?",
                    "It leaves voice, memory and database. You cannot undo this.",
                    lambda: self._forget(request, author),
                )

        detail = "Their Discord id, or their name as shown here."
        self.app.push_screen(AskText("Forget which person?", detail), named)

    def action_forget_all(self) -> None:
        """Forget the whole server."""
        guild = self.guild
        request = control.Forget(guild.key, everything=True, prove=True)

        forget = partial(self._forget, request, guild.guild)
        question = f"Forget all of {guild.guild}?"
        detail = (
            "This deletes messages, voice, memory and replies. Consider an export "
            "first. You cannot undo this. Type the server's name to confirm."
        )
        ask_name(self.mynah.app, question, detail, guild.guild, forget, "forgotten")

    def _forget(self, request: control.Forget, who: str) -> None:
        """Forget, and show the receipt."""
        self.mynah.app.tell(f"Forgetting {safe_line(who)}…")

        def show(done: control.ForgetReply) -> None:
            self.mynah.refresh_data()
            self.reload()
            self.mynah.show_result("Forgotten", _receipt(done))

        self.mynah.request(request, show)

    def _confirm(self, question: str, detail: str, act: Callable[[], None]) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                act()

        self.app.push_screen(Confirm(question, detail), answered)

    def _do(self, request: Request[object], done: str) -> None:
        self._ask(request, partial(self.mynah.app.tell, done))

    def _ask(self, request: Request[object], then: Callable[[], None]) -> None:
        self.mynah.request(request, lambda _: self._changed(then))

    def _changed(self, then: Callable[[], None]) -> None:
        then()
        self.mynah.refresh_data()
        self.reload()


def draw(snapshot: control.KeptSnapshot, now: float) -> Content:
    """Draw one snapshot."""
    return Content.assemble(
        (f"{safe_line(snapshot.name)[:30]:<30} ", "bold"),
        (f"{format.day(snapshot.at, now):<8}", "$quiet"),
        (f"  {format.count(snapshot.messages)} messages learned", "$quiet"),
    )


def _receipt(done: control.ForgetReply) -> str:
    """Say what was forgotten, what was searched afterwards, and what was found."""
    lines = [
        f"Forgot {done.messages:,} messages, {done.embeddings:,} embeddings and the"
        f" text of {done.replies:,} replies."
    ]
    if done.receipt:
        lines += done.receipt.in_words()
        lines += map(safe_line, done.receipt.found)
    return "\n\n".join(lines)


def _differences(found: control.SnapshotCompareReply) -> str:
    """Return gained and lost words, and changed settings."""
    lines = []
    for which, words in (("gained", found.gained), ("lost", found.lost)):
        listed = ", ".join(f"{word.text} ({word.count})" for word in words)
        lines.append(f"Words {which}: {listed or 'none'}")
    lines += [f"{one.key}: {one.before} → {one.after}" for one in found.settings]
    return "\n\n".join(map(safe_line, lines))


def _sizes(guild: control.GuildFigures) -> Content:
    shown = [f"{name} {format.size(size)}" for name, size in guild.bytes.items()]
    listed = " · ".join(map(safe_line, shown)) or "nothing"
    out = guild.opted_out
    return Content.assemble(
        ("on disk    ", "$quiet"),
        listed,
        ("\nopted out  ", "$quiet"),
        format.many(out, "member") if out else "nobody",
    )
