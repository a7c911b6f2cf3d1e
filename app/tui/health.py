"""How the bot is, in one sign, one word, a reason and a remedy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import __version__
from app.tui.bot_ports import LinkState

if TYPE_CHECKING:
    from app.ipc.control import StatusReply


@dataclass(frozen=True)
class Health:
    """What a person should know first; the sign and the word say it without colour."""

    sign: str
    word: str
    colour: str
    reason: str = ""
    remedy: str = ""


_LINK = {
    "starting": ("◌", "starting", "$warning", ""),
    "waiting": ("↻", "restarting", "$warning", "Nothing to do; see Logs for why."),
    "failed": ("✕", "crashed", "$error", "Read Logs, then start it again with s."),
    "stopped": ("○", "stopped", "$quiet", "Start it with s."),
}

_DISCORD = {
    "online": ("●", "online", "$success"),
    "connecting": ("◌", "connecting", "$warning"),
    "refused": ("✕", "refused by Discord", "$error"),
    "off": ("○", "not on Discord", "$quiet"),
}


def health(link: LinkState, status: "StatusReply | None") -> Health:
    """The bot's health from what is known of its process and of Discord."""
    if not link.is_up:
        sign, word, colour, remedy = _LINK[link.name]
        reason = link.reason
        if link.name == "waiting" and link.retry_seconds:
            reason = f"{reason}; again in {link.retry_seconds:.0f} s".lstrip("; ")
        return Health(sign, word, colour, reason, remedy)
    if not status:  # It runs, and has not said yet how it is.
        return Health(*_LINK["starting"][:3])
    discord = status.discord
    state = discord.state
    sign, word, colour = _DISCORD.get(state, ("◌", state, "$warning"))
    reason, remedy = discord.reason, discord.hint
    if state == "off" and not status.has_bot_token:
        reason = reason or "no bot token yet: talk to it in the Playground"
        remedy = remedy or "Connect it to Discord on Settings."
    return Health(sign, word, colour, reason, remedy)


def model_trouble(status: "StatusReply") -> Health | None:
    """What is wrong with the language model, if anything."""
    model, state = status.model, status.model.state
    if state in ("ready", "idle", ""):
        return None
    words = {
        "absent": ("○", "no language model", "Fetch one on Models."),
        "loading": ("◌", "model is loading", ""),
        "crashed": ("✕", "model crashed", "Mynah restarts it by itself."),
    }
    sign, word, remedy = words.get(state, ("◌", f"model is {state}", ""))
    colour = "$error" if state == "crashed" else "$warning"
    hint = model.hint or remedy
    return Health(sign, word, colour, model.reason, hint)


def version_trouble(status: "StatusReply") -> Health | None:
    """What is wrong if the running bot is of another version than this terminal."""
    version = status.version
    if version in (__version__, ""):
        return None
    reason = f"the running bot is {version}, this terminal is {__version__}"
    remedy = "What one of them does not know is said; stop it and start this one."
    return Health("≠", "another version", "$warning", reason, remedy)
