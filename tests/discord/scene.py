"""A small guild for scenarios: three people, a moderator, and two channels."""

from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import MANAGE_GUILD, Guild, User


class Scene:
    """The guild `Harbour` with the channels general (listened to) and quiet-room."""

    def __init__(self) -> None:
        self.guild = Guild("Harbour")
        moderators = self.guild.role("moderators", MANAGE_GUILD)
        self.general = self.guild.channel("general")
        self.side = self.guild.channel("side")
        self.ann = self.guild.join(User("Ann"))
        self.ben = self.guild.join(User("Ben"))
        self.mod = self.guild.join(User("Mod"), moderators)
        self.robot = self.guild.join(User("Robot", bot=True))

    async def enter(self, stand_in: DiscordStandIn) -> "Scene":
        await stand_in.add_guild(self.guild)
        return self
