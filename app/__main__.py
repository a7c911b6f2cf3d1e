"""Starts the role that the arguments name, and imports nothing of the others."""

import sys


def main() -> int:
    """Run one role; returns the exit code (sysexits)."""
    arguments = sys.argv[1:]
    role = arguments[0] if arguments else ""
    if role == "runner":
        from app.runner.process import main as run
    elif role == "job":
        from app.bot.jobs import main as run
    else:
        from app.cli import main as run

        return run(arguments)
    return run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
