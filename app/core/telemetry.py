"""Libraries that report to their makers: switched off before they load."""

import os
import shutil
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from app.core.paths import Home

SWITCHES: Mapping[str, str] = {
    # onnxruntime 1.32 connects to its maker's collector when a session is made. The
    # call is native, so that no hook of Python sees it.
    "ORT_DISABLE_TELEMETRY": "1",
    # https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Many libraries ask this one besides: https://consoledonottrack.com
    "DO_NOT_TRACK": "1",
}
"""Environment variables that end the telemetry of what Mynah is built on."""

LEFT_BEHIND = Path("Microsoft", "DeveloperTools", ".onnxruntime")
"""Where onnxruntime kept a device id and its unsent reports, below a cache folder."""


def switch_off(environ: MutableMapping[str, str] = os.environ) -> None:
    """Set every switch, for this process and for all that it starts."""
    environ.update(SWITCHES)


def remove_left_behind(home: Home, environ: Mapping[str, str] = os.environ) -> bool:
    """Delete what onnxruntime left outside the home, once a home.

    Earlier versions of Mynah let it report. A marker in the home keeps this from
    touching the folder again, since the owner's other programs use it as well.

    Returns:
        Whether there was something to delete.
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
            except OSError:  # Another program has something there.
                break
    marker.touch(mode=0o600)
    return bool(found)


def _places(environ: Mapping[str, str]) -> list[Path]:
    """Folders that onnxruntime may have used on this system."""
    user = Path(environ.get("HOME") or Path.home())
    caches = [Path(environ.get("XDG_CACHE_HOME") or user / ".cache")]
    if sys.platform == "darwin":
        caches.append(user / "Library" / "Application Support")
    return [cache / LEFT_BEHIND for cache in caches]
