"""The training file of the original bot: `[{"message", "attachments"?}]`."""

from collections.abc import Iterator

import ijson

from app.importers.records import BrokenFileError, File, Record
from app.importers.sources import Source, Stream


def matches(head: bytes) -> bool:
    """Whether it is an array of objects with a message, or of nothing."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:65536]
    if start.rstrip() == b"[]":
        return True
    inside = start[1:].lstrip()
    return start.startswith(b"[") and inside.startswith(b"{") and b'"message"' in start


def read(source: Source, stream: Stream) -> Iterator[Record]:
    """The messages of the file; it names neither authors nor times."""
    count = 0
    try:
        for row in ijson.items(stream, "item", use_float=True):
            count += 1
            urls = row.get("attachments") or ()
            yield Record(
                author="",
                name="",
                text=row["message"],
                files=tuple(File(url, url.rsplit("/", 1)[-1], url) for url in urls),
            )
    except ijson.IncompleteJSONError:
        raise BrokenFileError(f"message {count + 1}", "the file ends early") from None
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise BrokenFileError(f"message {count + 1}", f"not JSON ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise BrokenFileError(f"message {count}", f"not a message ({error})") from error
