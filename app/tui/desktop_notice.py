"""The escape sequences of a notice on the desktop, for terminals that show one."""

import os

from app.core.safe_text import safe_line

BELL = "\x07"

MOST_CHARS = 200

_OSC_9 = ("iterm.app", "wezterm", "ghostty", "kitty", "xterm-kitty", "xterm-ghostty")
"""Names of terminals that show `OSC 9`.

https://iterm2.com/documentation-escape-codes.html, https://wezterm.org/escape-sequences.html,
https://sw.kovidgoyal.net/kitty/desktop-notifications/, https://ghostty.org/docs/vt
"""

_OSC_777 = ("foot", "rxvt")
"""Beginnings of TERM of terminals that show `OSC 777`.

https://codeberg.org/dnkl/foot#desktop-notifications, rxvt-unicode's extension `notify`.
"""


def sequence(text: str) -> str:
    """Return what a terminal must be sent, or "" where it shows no notices.

    Others would print the text, or take it for a command.
    """
    shown = _plain(text)
    term = os.getenv("TERM", "").lower()
    if os.getenv("TMUX") or term.startswith(("screen", "tmux")):
        return ""
    program = os.getenv("TERM_PROGRAM", "").lower()
    if program in _OSC_9 or term in _OSC_9 or os.getenv("WT_SESSION"):
        # A number first, as in `OSC 9 ; 4`, would be a command of ConEmu.
        return f"\x1b]9;Mynah: {shown}\x07"
    if term.startswith(_OSC_777):
        return f"\x1b]777;notify;Mynah;{shown}\x07"
    return ""


def _plain(text: str) -> str:
    """Return a text that ends no sequence and begins none, whatever it has."""
    printed = "".join(sign for sign in safe_line(text) if sign.isprintable())
    return printed.replace(";", ",")[:MOST_CHARS]
