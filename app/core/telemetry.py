"""Switches off libraries that report to their makers, before they load."""

import os
import shutil
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from app.core.paths import Home

SWITCHES: Mapping[str, str] = {
    # onnxruntime 1.32 contacts its maker's collector when a session starts. The call is
    # native, so no Python hook sees it.
    "ORT_DISABLE_TELEMETRY": "1",
    # https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Many libraries also respect this one: https://consoledonottrack.com
    "DO_NOT_TRACK": "1",
}
"""Environment variables that switch off the telemetry of libraries."""

LEFT_BEHIND = Path("Microsoft", "DeveloperTools", ".onnxruntime")
"""The place of onnxruntime's device id and unsent reports, below a cache folder."""


def switch_off(environ: MutableMapping[str, str] = os.environ) -> None:
    """Set every switch, for this process and all its children."""
    environ.update(SWITCHES)


def remove_left_behind(home: Home, environ: Mapping[str, str] = os.environ) -> bool:
    """Delete what onnxruntime left outside the home, once per home.

    Earlier versions of Mynah let it report. A marker in the home prevents a second
    time, since the owner's other programs use the folder too.

    Returns:
        True when there was something to delete.
    """
    marker = home.telemetry_marker
    if marker.exists():
        return False
    found = [folder for folder in _places(environ) if folder.is_dir()]
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
        for parent in (folder.parent, folder.parent.parent):
            try:
                parent.rmdir()
            except OSError:  # Another program keeps something there.
                break
    marker.touch(mode=0o600)
    return bool(found)


def _places(environ: Mapping[str, str]) -> list[Path]:
    """Return folders that onnxruntime may have used on this system."""
    user = Path(environ.get("HOME") or Path.home())
    caches = [Path(environ.get("XDG_CACHE_HOME") or user / ".cache")]
    if sys.platform == "darwin":
        caches.append(user / "Library" / "Application Support")
    return [cache / LEFT_BEHIND for cache in caches]
