"""Keeps a child process from taking the memory of the others."""

import sys

import psutil


def limit_memory(more: int) -> None:
    """Let this process grow by that many bytes, where the system can set a limit."""
    if sys.platform != "win32":
        import resource

        most = psutil.Process().memory_info().vms + more
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
