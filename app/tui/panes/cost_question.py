"""Says where replies on trial are made, and asks before they may cost money."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.core.labels import is_host
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.widgets.dialogs import Confirm

if TYPE_CHECKING:
    from app.ipc.control import GuildFigures, StatusReply


def origin(screen: MynahScreen, guild: "GuildFigures", is_free: bool) -> str:
    """Say where a reply is made: by the model here unless a server costs nothing."""
    status = screen.app.status
    if status is None:
        return format.where("here")
    first = guild.provider.split(", ")[0]
    if is_free and (not is_host(first) or _costs(status, first)):
        return format.where("here")
    return f"by {format.place(status, format.first_host(status, guild.provider))}"


def ask_host(
    screen: MynahScreen, things: str, guild: "GuildFigures", go: Callable[[], None]
) -> None:
    """Have something made by a server's host; a question comes first where it costs."""
    status = screen.app.status
    host = format.first_host(status, guild.provider)
    if status is None or not _costs(status, host):
        go()
        return

    def answered(yes: bool | None) -> None:
        if yes:
            go()

    question = f"Ask {format.place(status, host)}, for {things}?"
    detail = f"It costs what replies of {guild.guild} cost there."
    screen.app.push_screen(Confirm(question, detail, "Ask it"), answered)


def _costs(status: "StatusReply", host: str) -> bool:
    """Tell if a host may cost money: one whose place is not known may."""
    return format.reach_of(status, host) not in ("here", "own")
