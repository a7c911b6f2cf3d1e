"""Says where replies on trial are made, and asks before they may cost money."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.core.labels import is_host
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.widgets.dialogs import Confirm

if TYPE_CHECKING:
    from app.ipc.control import GuildFigures


def origin(screen: MynahScreen, guild: "GuildFigures", is_free: bool) -> str:
    """Say where a reply is made: by the model here unless a server costs nothing."""
    status = screen.app.status
    if status is None:
        return format.where("here")
    is_costly = status.cloud.reach == "cloud"
    first = guild.provider.split(", ")[0]
    if is_free and (not is_host(first) or is_costly):
        return format.where("here")
    return f"by {format.place(status)}"


def ask_host(
    screen: MynahScreen, things: str, guild: "GuildFigures", go: Callable[[], None]
) -> None:
    """Have something made by the server; a question comes first where it costs."""
    status = screen.app.status
    if status is None or status.cloud.reach != "cloud":
        go()
        return

    def answered(yes: bool | None) -> None:
        if yes:
            go()

    question = f"Ask {format.place(status)}, for {things}?"
    detail = f"It costs what replies of {guild.guild} cost there."
    screen.app.push_screen(Confirm(question, detail, "Ask it"), answered)
