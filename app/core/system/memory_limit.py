"""Limits the memory of a child process, and tells how much it took."""

import sys
from pathlib import Path

import psutil


def limit_memory(more: int) -> None:
    """Let this process grow by that many bytes, where the system can set a limit."""
    if sys.platform != "win32":
        import resource

        most = psutil.Process().memory_info().vms + more
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def most_memory() -> int:
    """Return the most bytes that this process ever held in memory."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # What `getrusage` tells here counts the parent as it was before this program began.
    told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = [line for line in told.splitlines() if line.startswith("VmHWM:")]
    return int(found[0].split()[1]) * 1024 if found else 0
