"""The command line: one thin module per sub-command."""

import argparse
import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from app import __version__
from app.core.errors import AppError, UsageError, explain_os_error

if TYPE_CHECKING:
    from app.core.paths import Home

COMMANDS = (
    "demo",
    "serve",
    "watch",
    "web",
    "import_",
    "say",
    "invite",
    "guilds",
    "forget",
    "quiet",
    "lore",
    "persona",
    "snapshot",
    "export",
    "backup",
    "restore",
    "move",
    "models",
    "hosts",
    "config",
    "eval",
    "meter",
    "tune",
    "bench",
    "usage",
    "doctor",
    "report",
    "selftest",
    "update",
    "uninstall",
    "licences",
    "help",
)
"""Modules of this package, in the order of the help."""


class _Parser(argparse.ArgumentParser):
    """Reports an error on one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message.capitalize() + ".", f"See `{self.prog} --help`.")


class _Command(_Parser):
    """Accepts options before, between and after its other words."""

    _is_parsing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        has_kinds = any(action.nargs == argparse.PARSER for action in self._actions)
        # Words after -- are plain words, but argparse would look for options there.
        if self._is_parsing or has_kinds or "--" in (args or ()):
            return super().parse_known_args(args, namespace)
        self._is_parsing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_parsing = False


def main(argv: Sequence[str]) -> int:
    """Run one command; return the exit code (sysexits)."""
    from app.cli.output import complain, open_streams

    open_streams()
    try:
        return _run(list(argv))
    except AppError as error:
        complain(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader of the pipe left, so Python would complain when it flushes.
        sys.stdout = None
        return 0
    except OSError as error:
        known = explain_os_error(error)
        if known is None:
            raise
        complain(known)
        return known.exit_code
    except KeyboardInterrupt:
        return 130


def _run(argv: list[str]) -> int:
    name = next((word for word in argv if not word.startswith("-")), "")
    if argv and argv[0] == "--home" and len(argv) > 1:
        name = next((word for word in argv[2:] if not word.startswith("-")), "")
    asks = {"-h", "--help", "--version"} & set(argv)
    if not name and not asks:
        return _start(argv)
    wanted = [module for module in COMMANDS if module.rstrip("_") == name]
    if not wanted and not asks:
        raise UsageError(f"There is no command {name!r}.", "See `mynah --help`.")
    lists_all = not wanted and asks != {"--version"}
    parser = _parser(COMMANDS if lists_all else wanted)
    arguments = parser.parse_args(argv)
    arguments.home = arguments.home or None
    code: int = arguments.run(arguments)
    return code


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of the named commands, importing no others."""
    parser = _Parser(
        prog="mynah",
        description="A Discord bot at home that talks like your server.",
        epilog="Without a command: the screens, or a demo where there is no terminal.",
    )
    parser.add_argument("--version", action="version", version=f"mynah {__version__}")
    parser.add_argument("--home", metavar="DIR", help="data directory")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Command)
    for name in names:
        module = load(name)
        command = commands.add_parser(
            module.NAME, help=module.HELP, description=module.HELP
        )
        command.add_argument(
            "--home", metavar="DIR", default=argparse.SUPPRESS, help="data directory"
        )
        command.add_argument(
            "--json", action="store_true", help="print JSON, one object per line"
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def add_actions(
    parser: argparse.ArgumentParser, actions: Mapping[str, str]
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Add the actions of a command that is about one server, each with its help."""
    parsers = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help in actions.items():
        action = parsers.add_parser(name, help=help, description=help)
        action.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS)
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        action.add_argument("--guild", metavar="SERVER", required=True)
        yield name, action


def load(name: str) -> ModuleType:
    """Import the module of a command."""
    return import_module(f"app.cli.{name}")


def _start(argv: list[str]) -> int:
    """Start without a command: the screens on a terminal, the demo elsewhere."""
    from app.cli.output import has_screen

    if not has_screen():
        parser = _parser(["demo"])
        arguments = parser.parse_args([*argv, "demo"])
        code: int = arguments.run(arguments)
        return code
    from app.core.paths import find_home

    return show_screens(find_home(_parser([]).parse_args(argv).home))


def show_screens(home: "Home", *, is_watching: bool = False) -> int:
    """Show the screens until the owner quits, loading as little as they need."""
    # What loads stays, and looking for garbage in it delays the first picture.
    gc.disable()
    if find_spec("_md5"):
        # With hashes of its own, Python needs OpenSSL for hosts alone, and the screens
        # speak to none: it would be 5 MB of their memory.
        sys.modules.update(dict.fromkeys(("ssl", "_hashlib")))  # type: ignore[arg-type]
    from app.tui.app import run

    return run(home, is_watching=is_watching)
