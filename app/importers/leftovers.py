"""Files beside a chat export that hold no messages, by their names."""

import re
from pathlib import PurePath

SYSTEM = "system files"
ATTACHMENT = "attachments and pictures"
LINK = "links"
NO_FILE = "device files"
PARTS = "other parts of the export"
PRIVATE = "private messages"
TEXT = "text beside exports (use --as text to learn it)"

_SYSTEM_NAMES = {"desktop.ini", "thumbs.db", "icon\r", "ehthumbs.db"}
_FILES_OF_EXPORT = re.compile(r"\.(?:json|html?|csv|txt)_files\Z", re.IGNORECASE)
"""The folder that DiscordChatExporter writes attachments to."""

_MEDIA = set(
    "apng avif bmp gif heic ico jfif jpeg jpg png psd svg tif tiff webp"
    " avi m4v mkv mov mp4 mpeg webm wmv 3gp"
    " aac flac m4a mid mp3 oga ogg opus wav wma"
    " css js map otf ttf woff woff2 pdf exe dll apk vcf tgs".split()
)


def reason(name: str) -> str:
    """Return why a file is passed over; "" if it may hold messages.

    Args:
        name: Its path within the folder or archive that the owner chose.
    """
    path = PurePath(name.replace("\\", "/"))
    last = path.name.lower()
    if last.startswith(".") or last in _SYSTEM_NAMES or "__MACOSX" in path.parts:
        return SYSTEM
    if any(_FILES_OF_EXPORT.search(part) for part in path.parts[:-1]):
        return ATTACHMENT
    return ATTACHMENT if path.suffix[1:].lower() in _MEDIA else ""
