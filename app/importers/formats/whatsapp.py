"""WhatsApp's text, of iPhones and Android, in any order of day and month."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.importers.dates import DateReader
from app.importers.head import Head
from app.importers.records import BrokenRow, FileGuild, Item, Record
from app.importers.sources import SourceFile
from app.importers.streams import Stream
from app.importers.text_lines import NOT_UTF8, MessageLines, all_lines, decoded

LACKS = "WhatsApp exports have no ids and do not mark replies"

_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_HALF = r"[^\W\d_]{1,3}(?:\.?\s?[^\W\d_]{1,2}\b)?\.?"
"""Before or after noon, in any language."""

_STAMP = re.compile(
    r"\[?(?P<date>\d{1,4}(?:[./-]|\. |[年년] ?)\d{1,2}(?:[./-]|\. |[月월] ?)\d{1,4}"
    rf"[.日일]?[,،]?\s(?:(?:à|às|a las|um|kl\.?|о|в)\s)?(?:{_HALF} ?)?"
    rf"\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?:\s?{_HALF})?)"
    r"(?:\]\s|\s-\s|,\s)(?P<rest>.*)",
    re.DOTALL,
)
_SPEAKER = re.compile(
    r"\A(?:(?P<name>[^:\n]{1,60}?): (?P<text>.*)|(?P<empty>[^:\n]{1,60}):)", re.DOTALL
)
_OMITTED = re.compile(
    # Whatever its language, Android writes this in the place of a file.
    r"\A(?:<(?:[^<>:@#/\d]{3,60}|attached: [^<>]{1,200})>"
    r"|(?:image|video|audio|sticker|gif|document|contact card|bild|imagen|foto|vídeo"
    r"|imagem|immagine|afbeelding|dokument|figurinha|vidéo)"
    r"[\w .]{0,20} (?:omitted|weggelassen|omitida|omitido|ocultado|oculta|omesso|omessa"
    r"|weggelaten|absente?|omise?|ausgelassen|nicht enthalten)"
    r"|\S+\.\w{2,5} \([^()\d]{5,40}\)"
    r"|(?:you deleted this message|this message was deleted|null"
    r"|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht"
    r"|eliminaste este mensaje|se eliminó este mensaje|este mensaje fue eliminado"
    r"|vous avez supprimé ce message|ce message a été supprimé"
    r"|hai eliminato questo messaggio|questo messaggio è stato eliminato"
    r"|(?:essa )?mensagem (?:foi )?apagada|você apagou esta mensagem"
    r"|dit bericht is verwijderd|je hebt dit bericht verwijderd"
    r"|(?:вы удалили )?данное сообщение(?: удалено)?|usunięto tę wiadomość"
    r"|ta wiadomość została usunięta|bu mesajı sildiniz|bu mesaj silindi"
    r"|삭제된 메시지입니다|このメッセージは削除されました"
    r"|此消息已被删除|您刪除了這則訊息"
    r"|pesan ini telah dihapus|anda menghapus pesan ini)\.?)",
    re.IGNORECASE,
)
_EDITED = "<This message was edited>"
HEADS, SAMPLES = 40, 100_000


class _Stamp(NamedTuple):
    """The first line of a message."""

    number: int
    date: str
    line: str


def matches(head: Head) -> bool:
    """Return whether most of the first lines have WhatsApp's stamp, and a speaker."""
    there = [_MARKS.sub("", line) for line in head.lines[:HEADS] if line.strip()]
    stamped = [found for line in there if (found := _STAMP.match(line))]
    spoken = sum(bool(_SPEAKER.fullmatch(found["rest"])) for found in stamped)
    return (
        bool(spoken)
        and _STAMP.match(there[0]) is not None
        and len(stamped) * 4 >= len(there)
    )


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return nothing: the file names no server."""
    return []


def read(
    source: SourceFile, stream: Stream, order: str | None = None
) -> Iterator[Item]:
    """Read the messages of one chat; what was left out of the export is no message."""
    dates = DateReader(() if order else _samples(source), order)
    waiting = MessageLines()
    stamp: _Stamp | None = None
    for number, raw in all_lines(stream):
        line = decoded(raw)
        if line is None:
            yield BrokenRow(f"line {number}", NOT_UTF8)
            continue
        found = _STAMP.match(_MARKS.sub("", line))
        if found is None:
            waiting.add(line)
            continue
        if stamp:
            yield from _message(stamp, waiting.text, dates)
        elif any(part.strip() for part in waiting):
            yield BrokenRow(f"line {number - 1}", "it has no stamp")
        stamp, waiting = (
            _Stamp(number, found["date"], line),
            MessageLines(found["rest"]),
        )
    if stamp:
        yield from _message(stamp, waiting.text, dates)
    yield from dates.notes()


def _message(
    stamp: _Stamp, rest: str, dates: DateReader
) -> Iterator[Record | BrokenRow]:
    number, date, line = stamp
    ts = dates.read(date)
    said = _SPEAKER.fullmatch(rest)
    if ts is None:
        yield BrokenRow(f"line {number}", f"its date {date!r} is not understood")
        return
    if said is None:
        yield Record("", "", rest[:1000], ts=ts, is_system=True)
        return
    name = (said["name"] or said["empty"]).strip()
    text = _MARKS.sub("", said["text"] or "").strip().removesuffix(_EDITED).strip()
    # What WhatsApp itself says begins with a mark of direction.
    is_system = bool(_OMITTED.fullmatch(text)) or f"{name}: \u200e" in line
    yield Record(name, name, text, ts=ts, is_system=is_system or _is_notice(text))


def _is_notice(text: str) -> bool:
    return text.startswith("Messages and calls are end-to-end encrypted")


def _samples(source: SourceFile) -> Iterator[str]:
    with source.open() as stream:
        for number, raw in all_lines(stream):
            if number > SAMPLES:
                return
            found = _STAMP.match(_MARKS.sub("", decoded(raw) or ""))
            if found:
                yield found["date"]
