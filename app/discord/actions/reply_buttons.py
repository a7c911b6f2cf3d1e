"""The buttons under the bot's replies; their ids say all, so a restart harms none."""

import discord

AGAIN = "reply-again"
_STOP = "reply-stop-"


def stop_button(trigger: int) -> discord.ui.View:
    """Return the button under a reply that is being written, by what it answers."""
    return _view("Stop", f"{_STOP}{trigger}", "⏹️")


def again_button() -> discord.ui.View:
    """Return the button under a finished reply."""
    return _view("Again", AGAIN, "🔁")


def stopped_by(custom_id: str) -> int | None:
    """Return the trigger whose reply a button stops; None for another button."""
    number = custom_id.removeprefix(_STOP)
    return int(number) if custom_id != number and number.isdigit() else None


def _view(label: str, custom_id: str, emoji: str) -> discord.ui.View:
    """Return a view that py-cord does not keep, as presses are told by their ids."""
    secondary = discord.ButtonStyle.secondary
    button = discord.ui.Button[discord.ui.View](
        style=secondary, label=label, custom_id=custom_id, emoji=emoji
    )
    return discord.ui.View(button, timeout=None, store=False)
