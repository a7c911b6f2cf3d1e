"""Reasons for speaking or keeping quiet, in words: the lines of `/why`."""

from app.chat.reply_trigger import Decision
from app.discord.ports import EarlierReply
from app.discord.texts import quote
from app.replies.request import SILENT


def decision_text(
    author_name: str, decision: Decision, tuned: str = "", refusal: str = ""
) -> str:
    """Explain why the bot spoke or did not.

    Args:
        tuned: The reason for the reply's mode.
        refusal: The reason why nothing was said after all.
    """
    if refusal and decision.kind == "join-in" and refusal.startswith(SILENT):
        why = quote(refusal.removeprefix(SILENT), 300)
        return f"I did not join in after {quote(author_name)}: {why}."
    if refusal:
        return f"I could not answer {quote(author_name)}. {quote(refusal, 300)}."
    done = "I answered" if decision.speak else "I did not answer"
    chosen = f" ({quote(tuned, 300)})" if tuned else ""
    return f"{done} {quote(author_name)}: {decision.reason}.{chosen}"


CALLS = {
    "mention": "it was mentioned",
    "reply": "its own message was replied to",
    "wake word": "a wake word was said",
    "follow-up": "it had just spoken here",
    "join-in": "it joined in",
    "command": "it was a command",
    "again": "another version was wanted",
    "quiet room": "it was quiet here for long",
    "schedule": "it was the time to start talk",
}
"""The kinds of call as reasons, in the words of fresh decisions."""


def earlier_text(one: EarlierReply) -> str:
    """Explain a stored decision, as `decision_text` does with a fresh one."""
    name, why = quote(one.name), CALLS.get(one.kind, one.kind)
    if one.state == "silent":
        return f"I did not answer {name}: {quote(one.note.removeprefix(SILENT), 300)}."
    if one.note:
        return f"I could not answer {name}. {quote(one.note, 300)}."
    if one.state == "draft":
        return f"I wrote a draft for {name}: {why}. It waits for my owner."
    done = "answered" if one.state == "sent" else "am answering"
    return f"I {done} {name}: {why}."
