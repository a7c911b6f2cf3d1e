"""The shapes of secrets and of people's addresses in text.

Learning, speaking, logs and tuning data all keep out what one of them finds.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple


class Shape(NamedTuple):
    """A pattern, and a check that sorts out what only looks like it."""

    pattern: re.Pattern[str]
    """Takes time in proportion to the text."""
    is_real: Callable[[re.Match[str]], bool] = lambda found: True


def _is_card(found: re.Match[str]) -> bool:
    """Tell by the check digit of credit cards (Luhn)."""
    digits = [int(sign) for sign in found[0] if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(found: re.Match[str]) -> bool:
    """Tell by the check digits of bank accounts (ISO 13616)."""
    account = found[0].replace(" ", "")
    # A word in capitals may follow it.
    return any(
        int("".join(str(int(sign, 36)) for sign in account[4:end] + account[:4])) % 97
        == 1
        for end in range(15, len(account) + 1)
    )


def _is_address(found: re.Match[str]) -> bool:
    """Tell the address of a computer from versions, masks and this very computer."""
    text = found["address"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.is_loopback or address.is_reserved or address.is_unspecified:
        return False
    # Versions have small numbers, and so have servers that everybody knows.
    is_named = bool(found.groupdict().get("port"))
    return is_named or address.version == 6 or max(address.packed) >= 100


def _is_mixed(found: re.Match[str]) -> bool:
    """Tell a random key from a long word, a long number and the hash of a file."""
    text = found["key"]
    before = found.string[max(0, found.start() - 12) : found.start()]
    digits = sum(map(str.isdigit, text))
    return 3 <= digits < len(text) - 3 and _HASH.search(before) is None


def _is_phone(found: re.Match[str]) -> bool:
    digits = [sign for sign in found["number"] if sign.isdigit()]
    return 8 <= len(digits) <= 15 and len(set(digits)) >= 4


_HASH = re.compile(r"(?i)\b(?:commit|sha\d*|md5|hash|checksum|digest|rev)\W{0,3}$")
_SEP = r"[ ()/.\u2011-]{0,2}"
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’.-]{1,24}"

_KEYS = (
    # A Discord bot's token: its id, a time and a signature.
    Shape(re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")),
    Shape(re.compile(r"\bmfa\.[\w-]{60,}")),
    # Keys of OpenAI, and of others that write theirs alike.
    Shape(
        re.compile(r"\b(?:sk-(?=[\w-]{0,60}\d)[\w-]{8,}|sk-\w{16,}|[pr]k-\w[\w-]{15,})")
    ),
    Shape(re.compile(r"\b[spr]k_(?:live|test)_\w{10,}|\bwhsec_\w{20,}")),
    Shape(re.compile(r"(?i)\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}")),
    Shape(re.compile(r"\bglpat-[\w-]{20,}|\bnpm_\w{30,}|\bpypi-[\w-]{30,}")),
    Shape(re.compile(r"\bhf_\w{30,}|\bdop_v1_\w{40,}|\bshp(?:at|ss)_\w{20,}")),
    Shape(re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{30,}|\b(?:AC|SK)[0-9a-f]{32}\b")),
    Shape(re.compile(r"(?i)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    Shape(re.compile(r"\bAIza[\w-]{35}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}")),
    Shape(re.compile(r"\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}")),
    Shape(re.compile(r"(?i)(?<=hooks\.slack\.com/services/)[\w/]{20,}")),
    # A bot of Telegram.
    Shape(re.compile(r"(?<![\w:])\d{8,10}:[\w-]{35}(?![\w-])")),
    # A JSON web token; its signature may be cut off.
    Shape(re.compile(r"(?<![\w-])ey[\w-]{10,}+\.[\w-]{10,}+(?:\.[\w-]*+)?")),
    Shape(re.compile(r"(?i)\bbearer\s+[\w.~+/-]{8,}=*")),
    Shape(re.compile(r"(?i)(?<=/webhooks/)\d+/[\w-]+")),
    Shape(re.compile(r"(?<=/interactions/)\d+/[\w-]+")),
    # A name and a password before a host.
    Shape(re.compile(r"(?<=://)[^\s/:@]{1,100}:[^\s/@]{1,100}@\S{1,200}")),
    Shape(
        re.compile(
            r"(?i)\b(?:pass(?:word|wort|wd|phrase)?|pwd|(?:(?:api|secret|private)[_ -]"
            r"?key|client[_ -]?secret|access[_ -]?token|auth[_ -]?token)"
            r"(?=\W{1,6}\S{0,80}\d))"
            r"['\"]?\s{0,3}[:=]\s{0,3}[^\s,/$][^\s,]{3,}"
        )
    ),
    # A private key from its head to its end, or as far as it goes.
    Shape(
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[A-Za-z0-9+/=\s:,.\\]|-(?!----))*+"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
        )
    ),
    # Any long random key, unless it is part of an address or a name of a file.
    Shape(
        re.compile(r"(?<![\w/=?&#@:.%+-])(?P<key>[A-Za-z0-9_]{32,128})(?![\w/.%+-])"),
        _is_mixed,
    ),
)
"""Keys, tokens and passwords."""

_MAILS = (
    Shape(
        re.compile(
            r"(?<![\w.+@/-])(?!git@)[\w.+-]++(?:@|\s?[\[(]at[\])]\s?)"
            r"(?:[\w-]++(?:\.|\s?[\[(]dot[\])]\s?))+[A-Za-z]{2,}"
        )
    ),
)
"""Addresses of e-mail."""

_NUMBERS = (
    # A telephone number with the code of its country.
    Shape(
        re.compile(
            rf"(?<![\w+.,:/=-])(?P<number>(?:\+|00)[1-9](?:{_SEP}\d){{7,14}})(?![\w])"
        ),
        _is_phone,
    ),
    # One of North America, or one with a leading zero and its parts set apart.
    Shape(
        re.compile(
            r"(?<![\w+.,:/=#-])(?:\([2-9]\d\d\)\s?|[2-9]\d\d[-. ])"
            r"\d{3}[-. ]\d{4}(?![\w.,:/-])"
        )
    ),
    Shape(
        re.compile(
            r"(?<![\w+.,:/=#-])(?P<number>\(?0\d{1,4}\)?[ /-]\d{2,5}"
            r"(?:[ -]\d{2,5}){0,3}|0\d{9,11})(?![\w.,:/-])"
        ),
        _is_phone,
    ),
    Shape(
        re.compile(
            r"(?i)(?<![\w@/-])(?:phone|tel|telefon|mobile|cell|handy|whatsapp|call me"
            rf"|text me)\b[^\n\d+/]{{0,20}}(?P<number>\+?\d(?:{_SEP}\d){{7,14}})(?!\w)"
        ),
        _is_phone,
    ),
    Shape(
        re.compile(
            r"(?<![\w.:/-])(?P<address>(?:\d{1,3}\.){3}\d{1,3})"
            r"(?P<port>:\d{2,5})?(?![\w.]*\d)"
        ),
        _is_address,
    ),
    Shape(
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
        _is_iban,
    ),
    Shape(
        re.compile(
            r"(?<![\w-])(?:[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}|[4-6]\d{15}|3[47]\d{13})"
            r"(?![\w-])"
        ),
        _is_card,
    ),
    # A place on the map, to ten meters.
    Shape(
        re.compile(r"(?<![\w.-])-?\d{1,2}\.\d{4,}°?[NS]?,\s?-?\d{1,3}\.\d{4,}(?![\w.])")
    ),
)
"""Telephone numbers, addresses of networks, accounts, cards and places."""

_COLONS = (
    # Networks of today.
    Shape(
        re.compile(r"(?i)(?<![\w:.])(?P<address>[0-9a-f:]{6,39})(?![\w:])"),
        _is_address,
    ),
    # A network card.
    Shape(re.compile(r"(?i)(?<![\w:-])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:-])")),
)
"""Addresses of networks that are written with colons."""

_STREETS = (
    # A house in a street, in some languages.
    Shape(
        re.compile(
            rf"(?<![\w.,-])\d{{1,5}}[A-Za-z]?,? (?:[NSEW]\.? )?(?:{_NAME} ){{1,3}}"
            r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court"
            r"|Pl|Place|Terrace|Way|Close|Crescent|Parkway|Pkwy|Highway|Hwy)\b"
        )
    ),
    Shape(
        re.compile(
            rf"\b(?:[A-ZÄÖÜ][\w-]{{2,24}}(?:straße|strasse|str\.|weg|platz|gasse|allee)"
            rf"|(?:{_NAME} )?(?:Straße|Strasse|Str\.|Weg|Platz|Gasse|Allee)"
            rf"|{_NAME}(?:straat|laan|plein|gade|vej|gatan|vägen))"
            r" \d{1,4}\s?[a-zA-Z]?(?!\w)"
        )
    ),
    Shape(
        re.compile(
            r"(?i:\b\d{1,4},? (?:bis |ter )?"
            r"(?:rue|avenue|boulevard|impasse|chemin|quai))"
            rf" (?:d[eu]s? |de la |de l['’]|du )?{_NAME}"
        )
    ),
    Shape(
        re.compile(
            r"\b(?:[Cc]alle|[Aa]venida|[Rr]ua|Via|Viale|Piazza|[Uu]lica|[Uu]l\.)"
            rf" (?:d[aeio]s? |de la |del )?{_NAME}(?: {_NAME}){{0,2}},? \d{{1,4}}(?!\w)"
        )
    ),
)
"""Houses in streets, in some languages."""

_RUN = re.compile(r"(?<!\S)\S{15}")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d(?:\D{0,4}\d){5}")
_HOUSE = re.compile(r"[^\W\d_.]\.? \d|\d[A-Za-z]?,? [^\W\d_]")


def _may_have_key(text: str) -> bool:
    if len(text) >= 15 and _RUN.search(text):
        return True
    text = text.lower()
    return (
        "pass" in text
        or "pwd" in text
        or "key" in text
        or "token" in text
        or "secret" in text
        or "://" in text
        or "bearer" in text
        or "-----begin" in text
    )


def _may_have_mail(text: str) -> bool:
    return "@" in text or "at)" in text or "at]" in text


def _may_have_house(text: str) -> bool:
    # Most texts hold no digit at all, and the name of a street has a capital letter.
    if _DIGIT.search(text) is None or text == text.lower():
        return False
    return _HOUSE.search(text) is not None


GROUPS: tuple[tuple[Callable[[str], object], tuple[Shape, ...]], ...] = (
    (_may_have_key, _KEYS),
    (_may_have_mail, _MAILS),
    (_DIGITS.search, _NUMBERS),
    (lambda text: text.count(":") >= 2, _COLONS),
    (_may_have_house, _STREETS),
)
"""A quick look that most texts do not pass, and the shapes to look for then."""


def redact(text: str, instead: str = "[secret]") -> str:
    """`text` with `instead` in the place of each secret."""
    for may_hold, shapes in GROUPS:
        if may_hold(text):
            for shape in shapes:
                text = _redact(text, shape, instead)
    return text


def _redact(text: str, shape: Shape, instead: str) -> str:
    return shape.pattern.sub(
        lambda found: instead if shape.is_real(found) else found[0], text
    )


_PLAIN = re.compile(r"(?:[^\W\d_]{1,14}+(?:[ ',!?]++|\Z))*+")
"""Short words alone, which hold no secret unless they say `bearer`."""


def has_secret(text: str) -> bool:
    """Tell if a text holds something that looks like a secret."""
    if _PLAIN.fullmatch(text) and "bearer" not in text.lower():
        return False
    for may_hold, shapes in GROUPS:
        if may_hold(text) and any(_is_in(text, shape) for shape in shapes):
            return True
    return False


def _is_in(text: str, shape: Shape) -> bool:
    if shape.pattern.search(text) is None:
        return False
    return any(map(shape.is_real, shape.pattern.finditer(text)))
