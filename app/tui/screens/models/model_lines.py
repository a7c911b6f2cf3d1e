"""Lines of the Models screen: a model, its titles, and the host in the cloud."""

from collections.abc import Callable

from textual.content import Content

from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.control import ModelEntry, Progress
from app.tui import format
from app.tui.event_buffer import is_done


def places(status: control.StatusReply | None) -> tuple[tuple[str, ...], str]:
    """Return the places where the model may be, and the present one."""
    if status is None:
        return ("local", "openai"), "local"
    every = ("local", *status.hosts)
    now = status.provider
    return (every if now in every else (*every, now)), now


def head(width: int) -> str:
    """Return the titles above the catalogue."""
    return f"  {'model':<21} {'state':<10}{'file':>9}  {'memory':<19}  answers in"


def draw(
    model: ModelEntry, pull: Progress | None, width: int, *, is_best: bool = False
) -> Content:
    """Draw one model: its state, size, fit and answer time."""
    fetch = pull if pull and not is_done(pull) else None
    sign, word, colour = _state(model, is_fetched=fetch is not None)
    size = model.bytes or (pull.total if pull else 0)
    name = Content(safe_line(model.title or format.model_name(model.name)))
    parts: list[Content | tuple[str, str] | str] = [
        (f"{sign} ", colour),
        name.truncate(21, ellipsis=True, pad=True).stylize("bold"),
        (f" {word:<10}", colour),
        f"{format.size(size) if size else 'unknown':>9}",
    ]
    if fetch:
        share = format.done(fetch)
        told = f" {share:.0%} {format.pace(fetch)}" if fetch.total else ""
        parts += ["  ", (format.bar(share, 16), "$accent"), told.rstrip()]
    elif pull and pull.error:
        parts.append((f"  ✕ {safe_line(pull.error)}", "$error"))
    else:
        told = need(model) + (", best" if is_best else "")
        parts.append((f"  {told:<19}  ", "$success" if is_best else "$quiet"))
        parts.append(answers(model))
    return Content.assemble(*parts)


def answers(model: ModelEntry) -> str:
    """The time of an answer here, measured or estimated."""
    if model.answer_seconds:
        return format.answer_time(model.answer_seconds)
    return f"{model.tokens_per_second:.0f} tok/s" if model.tokens_per_second else ""


def need(model: ModelEntry) -> str:
    """The memory that it takes, and whether that is here."""
    gigabytes = model.ram_gigabytes
    words = {None: "", True: ", fits", False: ", too large"}[model.fits]
    return f"{gigabytes:g} GB{words}" if gigabytes else "unknown"


def _state(model: ModelEntry, *, is_fetched: bool) -> tuple[str, str, str]:
    if is_fetched:
        # How much of it is here stands behind, as the bot told it last.
        return "●" if model.used else "○", "fetching", "$quiet"
    if model.set_aside:
        return "✕", "set aside", "$error"
    if model.present:
        return ("●", "in use", "$accent") if model.used else ("✓", "here", "$success")
    word = f"{model.fetched:.0%} here" if model.fetched else "not here"
    return "●" if model.used else "○", word, "$quiet"


def cloud_line(
    status: control.StatusReply | None,
    ask_key: str,
    remedy: Callable[[str], str] = str,
) -> Content:
    """Draw the host in use, its key, and what is spent.

    Args:
        ask_key: Names the key to press where the host's key is missing.
        remedy: Returns a hint of the bot as the screens show it.
    """
    status = status or control.StatusReply()
    cloud = status.cloud
    place = ""
    if cloud.host:
        place = f"{safe_line(cloud.host)}, {format.where(cloud.reach)}; "
    if cloud.reach != "cloud":
        return Content.styled(f"   {place}free, and no lock applies", "$quiet")
    key = "an API key is stored"
    if format.lacks_key(status):
        key = f"no API key yet{ask_key}"
    elif not cloud.needs_key and not cloud.has_key:
        key = "no key needed"
    budget, spent = status.monthly_budget, format.money(status.month_cost)
    limit = f" of {format.money(budget)}" if budget else ", no limit set"
    told = f"{key}; {spent}{limit} this month"
    if cloud.state == "consent":
        told = safe_line(remedy(f"{cloud.reason} {cloud.hint}"))
    return Content.styled(f"   {place}{told}", "$quiet")
