"""The lines of Home: health, today, servers, last replies and events."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from app.core.labels import HERE, is_host
from app.core.names import GuildId
from app.core.safe_text import safe_line
from app.tui import format
from app.tui.health import Health, model_trouble, standing_troubles, version_trouble
from app.tui.widgets.charts import course

if TYPE_CHECKING:
    from app.ipc.control import BotEvent, GuildFigures, StatusReply
    from app.store.rows import StoredReply

EVENTS_SHOWN = 22


def head(width: int, counted: str) -> str:
    """Return the titles above the servers, or how many of all those are."""
    name, voice = _widths(width)
    shown = f"{counted or 'server':<{name}} {'learned':>7}  {'voice':<{voice}}"
    return f"{shown}  {'mode':<6} {'dial':>5}  joins in"


def draw_guild(guild: "GuildFigures", width: int) -> Content:
    """Draw one server: its learning, and its way of speaking."""
    messages = guild.messages
    name, voice = _widths(width)
    bar = format.bar(format.maturity(messages), min(voice, 8))
    words = f"  {format.maturity_words(messages)}"[: max(0, voice - 8)]
    join_in = guild.join_in or 0
    joins = format.percent(join_in) if join_in else "when called"
    marks = {
        "shadow": guild.shadow,
        "locked": guild.local_only,
        "not listed": not guild.is_listed,
        f"held {guild.holder}": bool(guild.holder),
    }
    marked = " · ".join(word for word, is_so in marks.items() if is_so)
    return Content.assemble(
        _fit(guild.guild, name).stylize("bold"),
        f" {format.count(messages):>7}  ",
        (bar, "$accent"),
        (f"{words:<{voice - len(bar)}}", "$quiet"),
        f"  {guild.mode:<6} {guild.dial:>3} %  {joins:<11}",
        (f"  {marked}", "$quiet"),
    )


def _widths(width: int) -> tuple[int, int]:
    """Return the widths of the name, and of the voice's bar with its meaning."""
    if width >= format.WHOLE:
        return format.LONGEST_NAME, 31
    return (16, 6) if width < 90 else (28, 31)


def _fit(text: str, width: int) -> Content:
    return Content(safe_line(text)).truncate(width, ellipsis=True, pad=True)


def _troubles(status: "StatusReply") -> list[Health]:
    own = (version_trouble(status), model_trouble(status))
    return [one for one in own if one] + standing_troubles(status)


def state(
    how: Health,
    status: "StatusReply | None",
    since: float,
    unread: str,
    remedy: Callable[[str], str] = str,
    width: int = 80,
) -> Content:
    """Draw the bot's health, and each trouble with its remedy.

    Args:
        unread: The reason why the history cannot be read, if so.
        remedy: Returns a remedy as the screens show it.
    """
    user = status.discord.user if status else ""
    about = [f"as {user}"] if user else []
    about += [f"shards {status.shards}"] if status and status.shards else []
    about += [f"since {format.clock(since)}"] if since else []
    lines = [
        Content.assemble(
            (f"{how.sign} {how.word}", f"bold {how.colour}"),
            ("  " + "  ".join(about), "$quiet"),
        )
    ]
    lines += _why(how, remedy, width)
    for trouble in _troubles(status) if status else ():
        word = f"{trouble.sign} {trouble.word}"
        lines.append(Content.styled(word, f"bold {trouble.colour}"))
        lines += _why(trouble, remedy, width)
    if unread:
        lines.append(Content.styled("≠ the history is unreadable", "bold $warning"))
        lines.append(Content(f"  {unread}"))
    return Content("\n").join(lines)


def _why(trouble: Health, worded: Callable[[str], str], width: int) -> list[Content]:
    """Return the lines of reason and remedy, if there are any, below the sign."""
    reason = Content(trouble.reason[:400])
    remedy = Content.styled(worded(trouble.remedy), "$accent")
    told = [text for text in (reason, remedy) if text.plain]
    return [
        Content.assemble("  ", line)
        for text in told
        for line in text.wrap(max(20, width - 2))
    ]


def today(status: "StatusReply", costs: Sequence[float]) -> Content:
    """Draw today's counts, the model and the cost."""
    messages = format.many(status.today.messages, "message")
    replies = format.many(status.today.replies, "reply")
    facts = [
        ("today", f"{messages}, {replies}"),
        ("model", _model(status)),
        ("cost", _cost(status, costs)),
    ]
    return Content("\n").join(
        Content.assemble((f"{label:<7}", "$quiet"), safe_line(value))
        for label, value in facts
    )


def _model(status: "StatusReply") -> str:
    """Describe the model: its name, place, speed and queue."""
    name = format.model_name(status.model.name)
    speed = status.tokens_per_second
    is_here = status.model.state != "absent"
    facts = [f"{name} {HERE}" if is_here else f"{name} is not {HERE}"]
    if is_host(status.provider.split(", ")[0]):
        cloud = status.cloud
        server = f"{cloud.model or 'a model'} {format.where(cloud.reach)}"
        facts = [server, f"else {facts[0]}"]
    if speed and is_here:
        facts.append(f"{speed:.0f} tokens/s")
    return ", ".join([*facts, f"{status.queue or 'nothing'} waiting"])


def _cost(status: "StatusReply", costs: Sequence[float]) -> str:
    budget, spent = status.monthly_budget, status.month_cost
    past = f"  {course(costs, 16)} 31 days" if any(costs) else ""
    if not budget:
        return f"{format.money(spent)} this month{past}"
    bar = format.bar(spent / budget, 12)
    return f"{format.money(spent)} of {format.money(budget)} this month  {bar}{past}"


STATES = {"made": "tried here  ", "sent": "", "claimed": "", "shown": ""}
"""The words of a reply's states that are not their own names."""


def recent(
    replies: "list[StoredReply]", names: dict[GuildId, str], now: float, drafts: int
) -> Content:
    """Draw the last replies, the newest first, and the number of waiting drafts."""
    waiting = f"   {format.many(drafts, 'draft')} to read on Conversations (3)"
    head = ("Last replies", "bold"), (waiting if drafts else "", "bold $warning")
    lines = [Content.assemble(*head)]
    for reply in reversed(replies):
        where = _fit(names.get(reply.guild_id, ""), 16)
        provider = f"{format.sign(reply.provider)} {reply.provider:<7}"
        state = STATES.get(reply.state, f"{reply.state}  ")
        lines.append(
            Content.assemble(
                (f"{format.moment(reply.created / 1000, now):<6}  ", "$quiet"),
                where.stylize("$quiet"),
                (f"  {provider}", "$accent"),
                (f"  {state}", "$quiet"),
                safe_line(reply.text)[:200],
            )
        )
    return Content("\n").join(lines)


def events(happened: "list[BotEvent]", now: float) -> Content:
    """Draw what the bot did on its own, the newest first."""
    newest = sorted(happened, key=lambda event: -event.at)[:EVENTS_SHOWN]
    lines = [Content.styled("What Mynah did on its own", "bold")]
    for event in newest:
        at = format.moment(event.at, now)
        said = safe_line(event.text)
        lines.append(Content.assemble((f"{at:<6}  ", "$quiet"), said))
    return Content("\n").join(lines)
