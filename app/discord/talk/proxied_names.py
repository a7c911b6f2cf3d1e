"""Tells who wrote what comes by a webhook, where its names count as people."""

from dataclasses import replace

from app.core.names import GuildId
from app.discord.ports import Incoming
from app.discord.stored.id_map import IdMap
from app.service.app_context import AppContext
from app.store import authors


class ProxiedNames:
    """The names that proxies write under, and the accounts behind them."""

    def __init__(self, context: AppContext, ids: IdMap) -> None:
        self._context = context
        self._ids = ids

    async def recognised(self, said: Incoming) -> Incoming | None:
        """Return a message under its person.

        None if several share the name, or if it is a character of the bot.
        """
        if not said.is_webhook:
            return said
        if self._context.cast.is_own_hook(said.author):
            return None
        rows = await self._ids.rows(said.place)
        config = await self._context.settings.of(rows.guild, rows.root)
        if not config.learn.proxied:
            return said
        accounts = [self._ids.author(said.account)] if said.account else []
        if not accounts:
            name = self._ids.author(authors.proxied_key(said.author_name))
            known = authors.accounts_of
            accounts = await self._context.database.run(known, rows.guild, name)
        if len(accounts) > 1:
            return None
        key = authors.proxied_key(said.author_name)
        if accounts:
            key = authors.linked_key(said.author_name, accounts[0])
        return replace(said, is_bot=False, key=key)

    async def link(self, guild: GuildId, said: Incoming) -> list[int]:
        """Note the account behind a line's name; return rows of messages to forget."""
        account = self._ids.author(said.account or 0)
        name = authors.ProxiedName(
            self._ids.author(authors.proxied_key(said.author_name)),
            account,
            self._ids.author(authors.linked_key(said.author_name, account)),
        )
        return await self._context.database.run(authors.link_proxied, guild, name)
