"""The status line of the bot and its model."""

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from app.core.labels import is_host
from app.core.safe_text import safe_line
from app.tui import format
from app.tui.bot_ports import LinkState
from app.tui.event_buffer import is_done
from app.tui.health import health, model_trouble

if TYPE_CHECKING:
    from app.ipc.control import Progress, StatusReply

WIDE = 100

WORK = {
    "import": "importing",
    "preview": "looking at files",
    "train": "reading history",
    "rebuild": "building the voice",
    "tokens": "building the voice",
    "embed": "remembering",
    "index": "making search fast",
    "pull": "fetching a model",
    "tune": "tuning a model",
    "forget": "forgetting",
}


class StatusBar(Widget):
    """Bot, model, mode, provider, speed, and running work."""

    DEFAULT_CSS = """
    StatusBar { height: 1; padding: 0 1; background: $surface; }
    """

    def on_mount(self) -> None:
        self.watch(self.app, "status", self._repaint, init=False)
        self.watch(self.app, "link_state", self._repaint, init=False)

    def _repaint(self) -> None:
        self.refresh()

    def render(self) -> Content:
        status: StatusReply | None = self.app.status  # type: ignore[attr-defined]
        link: LinkState = self.app.link_state  # type: ignore[attr-defined]
        is_wide = self.size.width >= WIDE
        between = Content("   " if is_wide else "  ")
        facts = _facts(status, link, is_wide)
        if getattr(self.app, "is_watching", False):
            facts.insert(1, Content.styled("watching only", "bold $warning"))
        jobs = list(self.app.progress.values())  # type: ignore[attr-defined]
        right = Content.styled(_work(status, jobs), "$quiet")
        # What goes on now is worth more than the speed of the last reply.
        while True:
            left = between.join(facts)
            gap = self.size.width - left.cell_length - right.cell_length
            if gap >= 2 or len(facts) == 1:
                break
            facts.pop()
        return Content.assemble(left, " " * max(2, gap), right)


def _facts(
    status: "StatusReply | None", link: LinkState, is_wide: bool
) -> list[Content]:
    how = health(link, status)
    facts = [Content.styled(f"{how.sign} {how.word}", f"bold {how.colour}")]
    if not link.is_up or not status:
        return facts
    trouble = model_trouble(status)
    model = safe_line(format.model_name(status.model.name))
    shown = f"{trouble.sign} {trouble.word}" if trouble else model[:26]
    speed = status.tokens_per_second
    named = [
        ("", safe_line(status.name)[:18]),
        ("model", shown),
        ("mode", status.mode),
        ("provider", _provider(status)),
        ("speed", f"{speed:.0f} tok/s" if speed else "– tok/s"),
    ]
    for label, value in named:
        if value:
            label_part = f"{label} " if is_wide and label else ""
            facts.append(Content.assemble((label_part, "$quiet"), value))
    return facts


def _provider(status: "StatusReply") -> str:
    """Name the writer of replies, and where it is unless that is the cloud."""
    is_away = is_host(status.provider.split(", ")[0])
    reach = status.cloud.reach if is_away else "cloud"
    where = "" if reach == "cloud" else f" {format.where(reach)}"
    return f"{status.provider}{where}"


def _work(status: "StatusReply | None", jobs: "list[Progress]") -> str:
    under_way = [job for job in jobs if not is_done(job)]
    if under_way:
        # What is paused stands back behind what goes on.
        job = max(reversed(under_way), key=lambda one: not one.paused)
        share = f" {100 * format.done(job):.0f} %" if job.total else ""
        more = f" +{len(under_way) - 1}" if len(under_way) > 1 else ""
        name = WORK.get(job.work, "work")
        return f"paused: {name}{more}" if job.paused else f"{name}{share}{more}"
    if status is None:
        return ""
    if status.queue:
        return f"{status.queue} waiting"
    cost = status.today.cost
    return f"{format.money(cost)} today" if cost else ""
