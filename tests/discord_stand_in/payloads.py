"""The bodies of Discord's messages, of every kind."""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.discord_stand_in.world import Channel, User, created_at, snowflake

FORWARD, IS_VOICE_MESSAGE = 1, 1 << 13


def message_payload(
    channel: Channel,
    author: User,
    content: str,
    *,
    message_id: int,
    mentions: Iterable[User] = (),
    reply_to: dict[str, Any] | None = None,
    attachments: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The body of MESSAGE_CREATE."""
    body: dict[str, Any] = {
        "id": str(message_id),
        "channel_id": str(channel.id),
        "author": author.payload(),
        "content": content,
        "timestamp": created_at(message_id),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user.payload() for user in mentions],
        "mention_roles": [],
        "attachments": list(attachments),
        "embeds": [],
        "components": [],
        "pinned": False,
        "flags": 0,
        "type": 0,
    }
    if channel.guild is not None:
        body["guild_id"] = str(channel.guild.id)
        body["member"] = channel.guild.member_payload(author)
    if reply_to is not None:
        body["type"] = 19
        body["message_reference"] = {
            "message_id": reply_to["id"],
            "channel_id": reply_to["channel_id"],
            "guild_id": reply_to.get("guild_id"),
        }
        body["referenced_message"] = {
            key: value
            for key, value in reply_to.items()
            if key not in ("referenced_message", "member", "guild_id")
        }
    return body


def webhook_author(author: User) -> dict[str, Any]:
    """A webhook's own name and id as author: resources/message#message-object."""
    body = {"id": str(author.id), "username": author.name, "avatar": None}
    return body | {"bot": True, "discriminator": "0000", "global_name": None}


def command_answer(robot: User, asker: User) -> dict[str, Any]:
    """The fields of a bot's answer to a command: resources/message#message-object.

    webhook_id is "the webhook's id", which for an interaction is the application's;
    interaction_metadata is "sent if the message is sent as a result of an interaction".
    """
    metadata = {
        "id": str(snowflake()),
        "type": 2,
        "user": asker.payload(),
        "authorizing_integration_owners": {},
    }
    application = str(robot.id)
    return {
        "type": 20,
        "webhook_id": application,
        "application_id": application,
        "interaction_metadata": metadata,
    }


def snapshot_of(original: dict[str, Any]) -> dict[str, Any]:
    """A forward's fields: resources/message#message-snapshot-object."""
    fields = (
        "type", "content", "embeds", "attachments", "timestamp", "edited_timestamp",
        "flags", "mentions", "mention_roles", "components",
    )  # fmt: skip
    reference = {
        "type": FORWARD,
        "message_id": original["id"],
        "channel_id": original["channel_id"],
        "guild_id": original.get("guild_id"),
    }
    snapshot = {key: original[key] for key in fields}
    return {
        "message_reference": reference,
        "message_snapshots": [{"message": snapshot}],
        "flags": 1 << 14,
    }


def poll_of(question: str, answers: Sequence[str]) -> dict[str, Any]:
    """A poll: resources/poll#poll-object."""
    told = [
        {"answer_id": number, "poll_media": {"text": text}}
        for number, text in enumerate(answers, 1)
    ]
    return {
        "question": {"text": question},
        "answers": told,
        "expiry": created_at(snowflake(-86_400)),
        "allow_multiselect": False,
        "layout_type": 1,
    }


def voice_message(base_url: str) -> dict[str, Any]:
    """A voice message's fields: resources/message#voice-messages."""
    url = f"{base_url}/cdn/voice-message.ogg?ex=fresh"
    sound = {
        "id": str(snowflake()),
        "filename": "voice-message.ogg",
        "size": 4_000,
        "url": url,
        "proxy_url": url,
        "content_type": "audio/ogg",
        "duration_secs": 1.5,
        "waveform": "AAAA",
    }
    return {"flags": IS_VOICE_MESSAGE, "attachments": [sound]}
