"""The lines of work: its name, progress, time left and speed."""

from textual.content import Content

from app.core.safe_text import safe_line
from app.ipc.control import GuildFigures, Progress
from app.tui import format
from app.tui.event_buffer import is_done, is_finishing

WORDS = {
    "import": "Import",
    "preview": "Preview",
    "train": "History",
    "rebuild": "Voice",
    "tokens": "Voice",
    "embed": "Memory",
    "index": "Search",
    "pull": "Model",
    "tune": "Model",
    "forget": "Forget",
}
"""The name of each kind of work."""


def head(width: int) -> str:
    """Return the titles above the jobs."""
    return f"{'work':<8} {'of':<{_room(width)}} {'done':<20} {'left':<15} rate"


def _room(width: int) -> int:
    return max(12, width - 58)


def draw(job: Progress, width: int, enter: str = "enter") -> Content:
    """Draw one job: its name, progress, time left and speed.

    Args:
        enter: The key that tells why a job failed.
    """
    note = f", {job.note}" if job.note else ""
    label = Content(safe_line(f"{job.label}{note}"))
    share = format.done(job)
    word, colour = _state(job, enter)
    return Content.assemble(
        (f"{safe_line(WORDS.get(job.work, job.work))[:8]:<8} ", "bold"),
        label.truncate(_room(width), ellipsis=True, pad=True),
        " ",
        (format.bar(share, 14), "$accent"),
        f" {share:4.0%} " if job.total else f" {format.count(job.done):>4} ",
        (f" {word:<14}", colour),
        (_rate(job), "$quiet"),
    )


def _rate(job: Progress) -> str:
    if not job.rate or job.paused or is_finishing(job) or is_done(job):
        return ""
    return f" {format.pace(job)}"


def _state(job: Progress, enter: str) -> tuple[str, str]:
    if job.stopped:
        return "○ stopped", "$quiet"
    if job.error:
        return f"✕ {enter}: why", "$error"
    if is_done(job):
        return "✓ done", "$success"
    if job.paused:
        return "‖ paused", "$warning"
    if is_finishing(job):
        return "▸ finishing", "$foreground"
    if job.rate and job.total:
        left = (job.total - job.done) / job.rate
        return f"▸ {format.rest(left)} left", "$foreground"
    return "▸ running", "$foreground"


def backlog(guilds: list[GuildFigures]) -> Content:
    """Tell how many messages are found by meaning, and how many wait for that."""
    waiting = sum(guild.backlog for guild in guilds)
    known = sum(guild.embeddings for guild in guilds)
    parts: list[tuple[str, str] | str] = [
        ("Found by meaning: ", "$quiet"),
        format.many(known, "message"),
    ]
    if waiting:
        parts.append((f", {format.count(waiting)} more to do", "$warning"))
    return Content.assemble(*parts)
