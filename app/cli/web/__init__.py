"""Shows the screens in a browser, on this computer or a phone."""

import argparse

from app.cli.output import say
from app.core.paths import find_home, own_command

NAME = "web"
HELP = "show the screens in a browser, behind a key"
ADDRESS = "127.0.0.1:8017"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "address", nargs="?", default=ADDRESS, metavar="[HOST:]PORT",
        help=f"the place to listen at, by default {ADDRESS}",
    )  # fmt: skip
    parser.add_argument(
        "--watch", action="store_true", help="change nothing, as `mynah watch`"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from app.tui.web import web_server

    host, port = web_server.place_of(arguments.address)
    command = [*own_command(), "--home", str(find_home(arguments.home).root)]
    command += ["watch"] if arguments.watch else []

    def tell(address: str) -> None:
        say(f"The screens are at {address}")
        say("Anyone with this address can do all that you can. ^c ends it.")
        if not web_server.is_loopback(host):
            say(
                "Other computers reach it, and nothing on the way is encrypted: open it"
                " only in a network that you trust, such as a VPN of your own."
            )

    web_server.serve(web_server.WebScreens(host, port, command), tell)
    return 0
