"""The address that brings the bot into a server, and the rights it asks for there."""

SCOPES = ("bot", "applications.commands")

RIGHTS = {
    "add_reactions": (1 << 6, "show that it is training, and that it is done"),
    "view_channel": (1 << 10, "see the channels that it may learn from"),
    "send_messages": (1 << 11, "answer"),
    "send_tts_messages": (1 << 12, "speak aloud when a member asks for it"),
    "attach_files": (1 << 15, "send pictures and exported files"),
    "read_message_history": (1 << 16, "learn from earlier messages"),
    "send_messages_in_threads": (1 << 38, "answer in threads"),
}
"""Discord's name of each right, its bit, and the reason why the bot needs it."""

PERMISSIONS = sum(bit for bit, _ in RIGHTS.values())


def invite_url(application_id: int | str) -> str:
    """Return the bot's invitation address, with no more rights than it needs."""
    return (
        f"https://discord.com/oauth2/authorize?client_id={application_id}"
        f"&scope={'%20'.join(SCOPES)}&permissions={PERMISSIONS}"
    )
