"""Runs `mynah serve` against a stand-in: `serve_child.py API_URL ARGUMENT…`."""

import sys

import discord.http

from app.service import token_check


def main() -> int:
    token_check.API_URL = discord.http.Route.API_BASE_URL = sys.argv.pop(1)
    from app.__main__ import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
