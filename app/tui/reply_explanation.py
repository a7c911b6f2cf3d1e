"""The full explanation of one reply, in the order of a person's questions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from app.core.safe_text import safe_line
from app.tui import format, reply_bars
from app.tui.database_reader import DatabaseReader, ShownReply
from app.tui.remedies import in_keys

if TYPE_CHECKING:
    from app.ipc.control import RungOutcome
    from app.store.messages import StoredMessage

TURNS_SHOWN = 12


@dataclass(frozen=True)
class ExplainedReply:
    """A reply with the messages it names."""

    reply: ShownReply
    sources: "list[tuple[StoredMessage, str]]"
    """The source messages, each with the run of words taken."""
    recalled: "list[StoredMessage]"
    rating: int
    place: str = ""
    """The host that it came from, in words."""


async def explain(shelf: DatabaseReader, reply: ShownReply) -> ExplainedReply:
    """Read the messages that the reply's row only names."""
    sources = await shelf.sources(reply.row)
    found = {
        message.id: message
        for message in await shelf.messages_by_rows([row for row, _, _ in sources])
    }
    return ExplainedReply(
        reply,
        [(found[row], run) for row, _, run in sources if row in found],
        await shelf.messages_by_rows(reply.recalled),
        await shelf.rating(reply.row),
        await shelf.host_of(reply.row) if reply.provider == "openai" else "",
    )


def draw(explained: ExplainedReply, width: int) -> Content:
    """Draw the full story of a reply."""
    reply = explained.reply
    parts = [
        _head(reply, explained.place),
        Content(reply.text),
        _section("Why it spoke", [Content(reply.reason or "unknown")]),
        _section("Providers asked", [_rung(rung) for rung in reply.rungs]),
        _section("Time", reply_bars.timeline(reply.timings, width)),
        _section(_prompt_title(reply), [*_filled(reply, width), *_turns(reply)]),
        _section(
            "Recalled", [reply_bars.quote(m.name, m.text) for m in explained.recalled]
        ),
        _section(
            "Drawn from",
            [reply_bars.quote(m.name, m.text, run) for m, run in explained.sources],
        ),
        _section("Notes", [Content(safe_line(note)) for note in reply.notes]),
        _foot(explained),
    ]
    return Content("\n\n").join([part for part in parts if part.plain])


def _head(reply: ShownReply, place: str) -> Content:
    model = f" ({reply.model})" if reply.model else ""
    return Content.assemble(
        (f"{reply.mode} by {reply.provider}{model}{place}", "bold $accent"),
        (f"\n{reply.state} {format.clock(reply.created / 1000)}", "$quiet"),
        (f", voice {reply.dial} %", "$quiet"),
    )


def _section(title: str, lines: list[Content]) -> Content:
    if not lines:
        return Content("")
    return Content("\n").join([Content.styled(title, "bold"), *lines])


def _rung(rung: "RungOutcome") -> Content:
    outcome, reason = safe_line(rung.outcome), in_keys(safe_line(rung.reason))
    sign = "✓" if outcome in ("answered", "ok", "used") else "–"
    said = f": {reason}" if reason else ""
    name = safe_line(rung.provider)
    return Content.assemble(f"{sign} {name} ", (outcome + said, "$quiet"))


def _prompt_title(reply: ShownReply) -> str:
    if not reply.prompt_tokens:
        return "Prompt"
    return f"Prompt, {reply.prompt_tokens} tokens, {reply.cached_tokens} from the cache"


def _filled(reply: ShownReply, width: int) -> list[Content]:
    """Draw a bar for each part of the prompt, in tokens."""
    return reply_bars.bars(reply.filled, sum(reply.filled.values()), width, "tokens")


def _turns(reply: ShownReply) -> list[Content]:
    """Return the turns, each with its share of the turns' tokens, by length."""
    texts = [f"{turn[0]}: {turn[1]}" for turn in reply.turns]
    spent = sum(reply.filled.get(part, 0) for part in ("conversation", "channel"))
    letters = sum(map(len, texts)) or 1
    lines = []
    for text in texts[-TURNS_SHOWN:]:
        tokens = round((spent or reply.prompt_tokens) * len(text) / letters)
        lines.append(Content.assemble((f"≈{tokens:>4}  ", "$quiet"), safe_line(text)))
    return lines


def _foot(explained: ExplainedReply) -> Content:
    reply, rating = explained.reply, explained.rating
    liked = {0: "not rated"}.get(rating, f"rated {rating:+d}")
    cost = f"cost {format.money(reply.cost)}"
    wrote = f"{reply.completion_tokens} tokens written"
    return Content.styled(f"{wrote}, {cost}, {liked}", "$quiet")
