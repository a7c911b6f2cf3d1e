"""The end of child processes with their parent, which Windows has to be asked for."""

import sys
from functools import cache


@cache
def end_children_with_this() -> None:
    """Have the system end all that this process starts, and what that starts, with it.

    Elsewhere a child ends by itself as its standard input does. On Windows a new
    process stands still until its maker has it begin, who may be killed before.
    """
    if sys.platform == "win32":
        _enter_job()


if sys.platform == "win32":
    import ctypes
    import logging
    from ctypes import wintypes

    log = logging.getLogger(__name__)

    _EXTENDED_LIMITS = 9
    """JobObjectExtendedLimitInformation."""

    _KILL_ON_CLOSE = 0x2000
    """JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE."""

    _THIS_PROCESS = wintypes.HANDLE(-1)
    """The handle that GetCurrentProcess returns."""

    class JobLimits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, without its inner structures."""

        _fields_ = (
            ("process_time", wintypes.LARGE_INTEGER),
            ("job_time", wintypes.LARGE_INTEGER),
            ("flags", wintypes.DWORD),
            ("working_sets", ctypes.c_size_t * 2),
            ("processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("priorities", wintypes.DWORD * 2),
            ("transfers", ctypes.c_ulonglong * 6),
            ("memory", ctypes.c_size_t * 4),
        )

    def _enter_job() -> None:
        """Enter a job that ends with its last handle: ours, which nobody inherits.

        A child is in it from its first moment on. Since Windows 8 a process may be in
        several: https://learn.microsoft.com/windows/win32/procthread/nested-jobs
        """
        library = ctypes.WinDLL("kernel32", use_last_error=True)
        library.CreateJobObjectW.restype = wintypes.HANDLE
        job = wintypes.HANDLE(library.CreateJobObjectW(None, None))
        limits = JobLimits(flags=_KILL_ON_CLOSE)
        size, at = ctypes.sizeof(limits), ctypes.byref(limits)
        if not (
            job
            and library.SetInformationJobObject(job, _EXTENDED_LIMITS, at, size)
            and library.AssignProcessToJobObject(job, _THIS_PROCESS)
        ):
            error = ctypes.WinError(ctypes.get_last_error())
            log.warning("Child processes may outlive this one: %s", error)
