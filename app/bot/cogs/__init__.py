"""The cogs: each parses what people do on Discord, calls the host, and replies."""

import discord

from app.bot.cogs.about import About
from app.bot.cogs.learning import Learning
from app.bot.cogs.listen import Listen
from app.bot.cogs.mark import Mark
from app.bot.cogs.privacy import Privacy
from app.bot.cogs.settings import Settings
from app.bot.cogs.stats import Stats
from app.bot.cogs.train import Train

COGS: tuple[type[discord.Cog], ...] = (
    Learning,
    Mark,
    Listen,
    Train,
    Privacy,
    Settings,
    Stats,
    About,
)
