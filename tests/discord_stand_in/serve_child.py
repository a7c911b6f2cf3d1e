"""Runs `mynah serve` against a stand-in: `serve_child.py API_URL ARGUMENT…`."""

import sys

import discord.http

from app.service import token_check


def main() -> int:
    url = sys.argv.pop(1)
    discord.http.Route.API_BASE_URL = url
    token_check.API_URL = url.format(API_VERSION=discord.http.API_VERSION)
    from app.__main__ import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
