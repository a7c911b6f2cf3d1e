"""The row of a guild, which is no other number: neither Discord's id nor another row.

Queries take it first, so that none can be asked about the wrong guild by a mix-up of
numbers. It comes from the table of guilds alone, through `app.store.guilds`.
"""

from typing import NewType

GuildId = NewType("GuildId", int)
"""The row of a guild in this home's database."""
