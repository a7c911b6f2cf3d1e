"""Starts the role that the arguments name, and imports no other role."""

import os
import sys
import traceback

from app.core import frozen, telemetry
from app.core.errors import EXIT_BUG


def main() -> int:
    """Run one role; return the exit code (sysexits)."""
    # Whatever is written is for its owner alone, in a home that was open before too.
    os.umask(0o077)
    _leave_no_dump()
    telemetry.switch_off()
    frozen.begin()
    arguments = sys.argv[1:]
    role = arguments[0] if arguments else ""
    try:
        if role == "runner":
            from app.runner.process import main as run_runner

            return run_runner(arguments[1:])
        if role == "job":
            from app.jobs.child import main as run_job

            return run_job(arguments[1:])
        from app.cli import main as run_command

        return run_command(arguments)
    except Exception:  # noqa: BLE001 - a bug keeps its traceback and has its own code
        from app.core.safe_text import safe_text
        from app.core.secret_patterns import redact

        sys.stderr.write(safe_text(redact(traceback.format_exc())))
        return EXIT_BUG


def _leave_no_dump() -> None:
    """Let no crash write this process's memory, with its keys, into a file."""
    if sys.platform != "win32":
        import resource

        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


if __name__ == "__main__":
    sys.exit(main())
