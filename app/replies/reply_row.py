"""The row that explains a reply, by what the replier made."""

from dataclasses import asdict

from app.chat.word_shares import percents
from app.core.labels import is_host
from app.providers.base import Turn
from app.replies.request import MadeReply, ReplyRequest
from app.store import replies


def fields(made: MadeReply) -> dict[str, object]:
    """Return the columns of a reply's row by name."""
    answer, done = made.answer, made.answer.completion
    turns = answer.prompt.turns
    return {
        "state": made.state,
        "text": made.said,
        "mode": made.mode,
        "provider": answer.provider,
        "model": made.model,
        "dial": made.dial,
        "arm": made.arm,
        "rungs": [asdict(rung) for rung in answer.rungs],
        "turns": [_kept(turn, made.request) for turn in turns],
        "recalled": made.recalled,
        "filled": made.filled,
        "summary_of": answer.prompt.summary_of,
        "shares": percents(made.said, done.shares),
        "notes": made.notes,
        "timings": {name: round(ms, 2) for name, ms in made.timings.items()},
        "prompt_tokens": done.prompt_tokens,
        "cached_tokens": done.cached_tokens,
        "completion_tokens": done.completion_tokens,
        "cost": done.cost,
    }


def sources(made: MadeReply) -> list[replies.SourceMessage]:
    """Return the messages that a reply drew on, and what a host was shown."""
    answer = made.answer
    found = [
        replies.SourceMessage(used.message, used.words, used.run)
        for used in answer.completion.sources
        if not made.silence
    ]
    if is_host(answer.provider):
        # These rows let forgetting find the replies that used a message.
        found += [replies.SourceMessage(row) for row in answer.prompt.shown]
    return found


def _kept(turn: Turn, request: ReplyRequest) -> list[str | int | None]:
    """Return a turn as the row stores it.

    Messages from places without storage must not be stored here either, nor the names
    of their authors, which no forgetting would find.
    """
    is_private = request.trigger is not None and turn.message is None
    return ["", "", None] if is_private else [turn.speaker, turn.text, turn.message]
