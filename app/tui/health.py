"""The bot's health: one sign, one word, a reason and a remedy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import __version__
from app.tui.bot_ports import LinkState

if TYPE_CHECKING:
    from app.ipc.control import StatusReply


@dataclass(frozen=True)
class Health:
    """The most important state; its sign and word work without color."""

    sign: str
    word: str
    colour: str
    reason: str = ""
    remedy: str = ""
    """It names commands; the screens show keys for them."""


_LINK = {
    "starting": ("◌", "starting", "$warning", ""),
    "waiting": (
        "↻",
        "restarting",
        "$warning",
        "You need not do anything. See Logs (9) for the reason.",
    ),
    "failed": (
        "✕",
        "crashed",
        "$error",
        "Read Logs (9), then start it again with `mynah serve`.",
    ),
    "stopped": ("○", "stopped", "$quiet", "Start it with `mynah serve`."),
}

_DISCORD = {
    "online": ("●", "online", "$success"),
    "connecting": ("◌", "connecting", "$warning"),
    "refused": ("✕", "refused by Discord", "$error"),
    "off": ("○", "not on Discord", "$quiet"),
}


def health(link: LinkState, status: "StatusReply | None") -> Health:
    """Return the bot's health, from its process and from Discord."""
    if not link.is_up:
        sign, word, colour, remedy = _LINK[link.name]
        reason = link.reason
        if link.name == "waiting" and link.retry_seconds:
            reason = f"{reason}; again in {link.retry_seconds:.0f} s".lstrip("; ")
        return Health(sign, word, colour, reason, remedy)
    if not status:  # It is running, but has not reported its state yet.
        return Health(*_LINK["starting"][:3])
    discord = status.discord
    state = discord.state
    sign, word, colour = _DISCORD.get(state, ("◌", state, "$warning"))
    reason, remedy = discord.reason, discord.hint
    if state == "off" and not status.has_bot_token:
        reason = reason or "no bot token yet: it only talks in the Playground"
        remedy = remedy or "Connect it to Discord with `mynah config set bot_token`."
    return Health(sign, word, colour, reason, remedy)


def standing_troubles(status: "StatusReply") -> list[Health]:
    """Return what works badly although the bot runs."""
    found = [
        Health("!", "something is wrong", "$warning", one.detail, one.hint)
        for one in status.troubles
    ]
    if status.free_shards:
        numbers = ", ".join(map(str, status.free_shards[:20]))
        reason = f"No Mynah holds shard {numbers}, so its servers get no answer."
        remedy = "Start one for it: mynah serve --shards, in a home of its own."
        found.append(Health("!", "servers without a bot", "$warning", reason, remedy))
    return found


def model_trouble(status: "StatusReply") -> Health | None:
    """Return the language model's problem, if any."""
    model, state = status.model, status.model.state
    if state in ("ready", "idle", ""):
        return None
    words = {
        "absent": ("○", "no language model", "Fetch one with `mynah models list`."),
        "loading": ("◌", "model is loading", ""),
        "crashed": ("✕", "model crashed", "Mynah restarts it automatically."),
    }
    sign, word, remedy = words.get(state, ("◌", f"model is {state}", ""))
    colour = "$error" if state == "crashed" else "$warning"
    return Health(sign, word, colour, model.reason, model.hint or remedy)


def version_trouble(status: "StatusReply") -> Health | None:
    """Return a problem if the bot's version differs from this terminal's."""
    version = status.version
    if version in (__version__, ""):
        return None
    reason = f"the running bot is {version}, this terminal is {__version__}"
    remedy = "Stop the bot and start it again to use this version."
    return Health("≠", "another version", "$warning", reason, remedy)
