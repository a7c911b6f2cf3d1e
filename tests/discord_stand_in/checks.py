"""What the bot may send, edit, read and react with, by Discord's rules."""

import re
from base64 import b64decode
from typing import Any
from urllib.parse import unquote

from tests.discord_stand_in import rights, rules
from tests.discord_stand_in.outbox import MAX_CONTENT
from tests.discord_stand_in.payloads import IS_VOICE_MESSAGE
from tests.discord_stand_in.rights import may
from tests.discord_stand_in.rules import Rules
from tests.discord_stand_in.world import (
    PRIVATE_THREAD,
    SILENT,
    STAGE_CHANNEL,
    THREADS,
    VOICE_CHANNEL,
    Channel,
    User,
)

Payload = dict[str, Any]
Files = list[tuple[str, bytes]]

NOTICES = frozenset(range(1, 19)) | {21, 22, *range(24, 47)}
"""Types of messages that are no words of a person."""

_CUSTOM = re.compile(r"\w{2,32}:\d{17,20}")


def check_view(channel: Channel, bot: User, force: Rules) -> None:
    """Refuse everything in a channel that the bot cannot see."""
    if not may(channel, bot, rights.VIEW_CHANNEL, force):
        private = channel.type == PRIVATE_THREAD
        force.refuse(rules.PRIVATE_THREAD if private else rules.VIEW)
    is_spoken = channel.type in (VOICE_CHANNEL, STAGE_CHANNEL)
    if is_spoken and not may(channel, bot, rights.CONNECT, force):
        force.refuse(rules.CONNECT)


def check_history(channel: Channel, bot: User, force: Rules) -> bool:
    """Whether earlier messages are listed.

    Raises:
        RequestError: If the channel is out of reach.
    """
    check_view(channel, bot, force)
    reads = may(channel, bot, rights.READ_HISTORY, force)
    return reads or not force.hold(rules.HISTORY)


def check_send(
    channel: Channel, bot: User, payload: Payload, files: Files, force: Rules
) -> None:
    """Refuse a message that Discord refuses."""
    check_view(channel, bot, force)
    if channel.type in SILENT:
        force.refuse(rules.TEXT_CHANNELS)
    if channel.person is not None and not channel.person.takes_direct:
        force.refuse(rules.CLOSED)
    _check_place(channel, bot, force)
    if channel.slow_seconds and not force.hold(rules.SLOW):
        raise rules.RequestError(rules.SLOW.status, rules.SLOW.code, rules.SLOW.message)
    if files and not may(channel, bot, rights.ATTACH_FILES, force):
        force.refuse(rules.ATTACH)
    if payload.get("embeds") and not may(channel, bot, rights.EMBED_LINKS, force):
        force.refuse(rules.EMBED)
    if payload.get("tts") and not may(channel, bot, rights.SEND_TTS, force):
        force.refuse(rules.SPEAK_ALOUD)
    _check_reference(channel, bot, payload, force)
    if int(payload.get("flags") or 0) & IS_VOICE_MESSAGE:
        _check_voice(channel, bot, payload, files, force)
    check_content(channel, payload, files, force)


def _check_voice(
    channel: Channel, bot: User, payload: Payload, files: Files, force: Rules
) -> None:
    if not may(channel, bot, rights.SEND_VOICES, force):
        force.refuse(rules.SEND_VOICE)
    more = ("content", "embeds", "components", "sticker_ids", "poll")
    if any(payload.get(key) for key in more):
        force.refuse(rules.VOICE_ALONE)
    told = payload.get("attachments") or []
    if len(files) != 1 or len(told) != 1 or not files[0][1].startswith(b"OggS"):
        force.refuse(rules.VOICE_FILE)
    points = _points(told[0].get("waveform") if told else None)
    seconds = told[0].get("duration_secs") if told else None
    if not (isinstance(seconds, float | int) and seconds > 0 and 0 < points <= 256):
        force.refuse(rules.VOICE_SHAPE)


def _points(waveform: object) -> int:
    """The points of a waveform; 0 for none that can be read."""
    try:
        return len(b64decode(str(waveform or ""), validate=True))
    except ValueError:
        return 0


def _check_place(channel: Channel, bot: User, force: Rules) -> None:
    if channel.type in THREADS:
        if not may(channel, bot, rights.SEND_IN_THREADS, force):
            force.refuse(rules.SEND_IN_THREADS)
        if channel.locked and not may(channel, bot, rights.MANAGE_THREADS, force):
            force.refuse(rules.LOCKED)
    elif not may(channel, bot, rights.SEND_MESSAGES, force):
        force.refuse(rules.SEND)


def _check_reference(
    channel: Channel, bot: User, payload: Payload, force: Rules
) -> None:
    reference = payload.get("message_reference")
    if not reference:
        return
    if not may(channel, bot, rights.READ_HISTORY, force):
        force.refuse(rules.REPLY_HISTORY)
    answered = channel.messages.get(int(reference["message_id"]))
    if answered is None and reference.get("fail_if_not_exists", True):
        force.refuse(rules.REPLY_EXISTS, _fault("REPLIES_UNKNOWN_MESSAGE"))
    if answered is not None and answered["type"] in NOTICES:
        fault = _fault("REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE")
        force.refuse(rules.REPLY_SYSTEM, fault)


def _fault(code: str) -> Payload:
    return {"message_reference": {"_errors": [{"code": code, "message": code}]}}


def check_content(
    channel: Channel, payload: Payload, files: Files, force: Rules
) -> None:
    """Refuse words that Discord or the server's automatic moderation refuses."""
    content = payload.get("content") or ""
    if not (content or files or payload.get("embeds") or payload.get("components")):
        force.refuse(rules.CONTENT_EMPTY)
    if len(content) > MAX_CONTENT:
        force.refuse(rules.CONTENT_LENGTH)
    if len(str(payload.get("nonce") or "")) > 25:
        force.refuse(rules.NONCE_LENGTH)
    check_components(payload, force)
    check_moderation(channel, content, force)


def check_components(payload: Payload, force: Rules) -> None:
    """Refuse buttons and menus without an id of their own."""
    rows = payload.get("components") or []
    ids = [
        str(one.get("custom_id") or "")
        for row in rows
        for one in row.get("components", [])
        if not one.get("url")
    ]
    if len(set(ids)) < len(ids) or not all(1 <= len(one) <= 100 for one in ids):
        force.refuse(rules.COMPONENT_ID)


def check_moderation(channel: Channel, content: str, force: Rules) -> None:
    """Refuse words that the server's automatic moderation refuses."""
    blocked = channel.guild.blocked_words if channel.guild else {}
    for word, code in blocked.items():
        if word in content.casefold() and force.hold(rules.AUTOMOD):
            raise rules.RequestError(400, code, rules.AUTOMOD.message)


def check_edit(
    channel: Channel, bot: User, body: Payload, payload: Payload, force: Rules
) -> None:
    """Refuse an edit that Discord refuses."""
    check_view(channel, bot, force)
    if body["author"]["id"] != str(bot.id):
        force.refuse(rules.EDIT_OTHERS)
    if body["flags"] & IS_VOICE_MESSAGE:
        force.refuse(rules.VOICE_EDIT)
    if channel.archived:
        force.refuse(rules.ARCHIVED_THREAD)
    if len(payload.get("content") or "") > MAX_CONTENT:
        force.refuse(rules.CONTENT_LENGTH)
    check_components(payload, force)
    check_moderation(channel, payload.get("content") or "", force)


def check_delete(channel: Channel, bot: User, body: Payload, force: Rules) -> None:
    """Refuse to delete what is not the bot's, unless it may manage messages."""
    check_view(channel, bot, force)
    is_own = body["author"]["id"] == str(bot.id)
    if not is_own and not may(channel, bot, rights.MANAGE_MESSAGES, force):
        force.refuse(rules.DELETE_OTHERS)


def check_reaction(
    channel: Channel, bot: User, emoji: str, is_there: bool, force: Rules
) -> None:
    """Refuse a reaction without its rights, or that is no emoji."""
    check_view(channel, bot, force)
    needed = rights.READ_HISTORY | (0 if is_there else rights.ADD_REACTIONS)
    if not may(channel, bot, needed, force):
        force.refuse(rules.REACT)
    if channel.archived:
        force.refuse(rules.ARCHIVED_THREAD)
    plain = unquote(emoji)
    if plain.isascii() and not _CUSTOM.fullmatch(plain):
        force.refuse(rules.REACT_EMOJI)
