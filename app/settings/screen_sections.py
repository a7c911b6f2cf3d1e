"""Settings of the screens."""

from dataclasses import dataclass

from app.settings import validators
from app.settings.declaration import setting

NOTICES = ("off", "bell", "desktop", "both")


@dataclass(frozen=True)
class ScreenSettings:
    """The screens beside their colors."""

    notices: str = setting(
        "off",
        "Point out drafts, a lost bot, a budget that is nearly spent, and fetches that"
        " are done or failed: by the terminal's bell, a notice of the desktop, or both."
        " The desktop needs a terminal that can, such as kitty, WezTerm, iTerm2,"
        " Ghostty or foot, without tmux or screen in between.",
        choices=NOTICES,
    )
    vim: bool = setting(
        False,
        "Move in lists with the keys of vi: j, k, g and G. Actions that have these"
        " keys get others, which the footer and ? show.",
    )
    keys: list[str] = setting(
        [],
        "Your own keys, each as ACTION=KEY, such as models.pull=d or"
        " conversations.again=ctrl+r. The palette (ctrl+p) names each action.",
        means=validators.one_line(100),
    )
