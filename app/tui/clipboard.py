"""The clipboard of this computer, for terminals that let no program set theirs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

SECONDS = 5.0
"""The longest wait for the system's program."""


def program(environment: Mapping[str, str]) -> list[str]:
    """Return the command that takes the text; empty if there is none.

    Over SSH the clipboard is that of the computer whose terminal it is.
    """
    if "SSH_CONNECTION" in environment:
        return []
    if sys.platform == "darwin":
        known = [["pbcopy"]]
    elif sys.platform == "win32":
        known = [["clip"]]
    elif "WAYLAND_DISPLAY" in environment:
        known = [["wl-copy"]]
    elif "DISPLAY" in environment:
        known = [["xclip", "-selection", "clipboard"], ["xsel", "-b", "-i"]]
    else:
        return []
    return next((one for one in known if shutil.which(one[0])), [])


def put(text: str) -> bool:
    """Give the text to the system's clipboard; False if that cannot be."""
    command = program(os.environ)
    if not command:
        return False
    encoding = "utf-16" if command == ["clip"] else "utf-8"
    try:
        done = subprocess.run(
            command,
            input=text.encode(encoding, "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
