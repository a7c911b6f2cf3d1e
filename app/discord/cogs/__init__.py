"""The cogs: each parses what people do on Discord, asks a port, and replies."""

import discord

from app.discord.cogs.about import AboutCog
from app.discord.cogs.catchup import CatchupCog
from app.discord.cogs.direct import DirectCog
from app.discord.cogs.events import EventsCog
from app.discord.cogs.games import GamesCog
from app.discord.cogs.imitate import ImitateCog
from app.discord.cogs.listen import ListenCog
from app.discord.cogs.lore import LoreCog
from app.discord.cogs.me import MeCog
from app.discord.cogs.model import ModelCog
from app.discord.cogs.persona import PersonaCog
from app.discord.cogs.privacy import PrivacyCog
from app.discord.cogs.reply_actions import ReplyActionsCog
from app.discord.cogs.settings import SettingsCog
from app.discord.cogs.speak import SpeakCog
from app.discord.cogs.stats import StatsCog
from app.discord.cogs.train import TrainCog

COGS: tuple[type[discord.Cog], ...] = (
    EventsCog,
    SpeakCog,
    ImitateCog,
    ReplyActionsCog,
    ListenCog,
    TrainCog,
    PrivacyCog,
    MeCog,
    SettingsCog,
    LoreCog,
    PersonaCog,
    ModelCog,
    StatsCog,
    CatchupCog,
    GamesCog,
    AboutCog,
    DirectCog,
)
