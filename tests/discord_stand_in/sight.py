"""What the bot may see of an event: channels, threads and words."""

from typing import Any

from tests.discord_stand_in import rules
from tests.discord_stand_in.rights import VIEW_CHANNEL, may
from tests.discord_stand_in.rules import Rules
from tests.discord_stand_in.world import Channel, Guild, User

MESSAGE_CONTENT = 1 << 15


class Sight:
    """Cuts events to what Discord tells the bot."""

    def __init__(self, bot: User, guilds: dict[int, Guild], force: Rules) -> None:
        self._bot = bot
        self._guilds = guilds
        self._rules = force

    def event(
        self, event: str, data: dict[str, Any], guild_id: int | None
    ) -> dict[str, Any] | None:
        """What the bot may see of an event; None when it may not know of it."""
        guild = self._guilds.get(guild_id or int(data.get("guild_id") or 0))
        if guild is None:
            return data
        if event == "GUILD_CREATE":
            return self.guild(guild, data)
        where = "channel_id" if event.startswith("MESSAGE_") else "id"
        channel = guild.channels.get(int(data.get(where) or 0))
        if channel is None or self._sees(channel):
            return data
        if event.startswith(("MESSAGE_", "THREAD_")):
            return None if self._rules.hold(rules.SEEN_EVENTS) else data
        if event.startswith("CHANNEL_") and self._rules.hold(rules.OBFUSCATED):
            return data | channel.hidden_payload()
        return data

    def guild(self, guild: Guild, body: dict[str, Any]) -> dict[str, Any]:
        seen = dict(body)
        if self._rules.hold(rules.OBFUSCATED):
            channels = [guild.channels[int(one["id"])] for one in body["channels"]]
            seen["channels"] = [
                one.payload() if self._sees(one) else one.hidden_payload()
                for one in channels
            ]
        if self._rules.hold(rules.SEEN_EVENTS):
            seen["threads"] = [
                one
                for one in body["threads"]
                if self._sees(guild.channels[int(one["id"])])
            ]
        if not self._rules.hold(rules.MANAGED_ROLE):
            seen["roles"] = [one for one in body["roles"] if not one["managed"]]
        return seen

    def _sees(self, channel: Channel) -> bool:
        return may(channel, self._bot, VIEW_CHANNEL, self._rules)

    def words(self, intents: int, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """The event with words, or without if the session lacks the intent."""
        if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            return data
        is_open = intents & MESSAGE_CONTENT or "guild_id" not in data
        if is_open or not self._rules.hold(rules.CONTENT_INTENT):
            return data
        mine = data["author"]["id"] == str(self._bot.id)
        named = any(user["id"] == str(self._bot.id) for user in data["mentions"])
        if mine or named:
            return data
        return data | {"content": "", "attachments": [], "embeds": []}
