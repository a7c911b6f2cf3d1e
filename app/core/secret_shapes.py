"""The shapes of secrets and of addresses of people in text."""

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple


class Shape(NamedTuple):
    """A pattern, and a check that sorts out what only looks like it."""

    hint: str
    """For RE2, which has no look-arounds: found in each text that has the shape, and in
    few others. It counts no long runs of letters: each length is a state for RE2."""
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
_SEP_HINT = r"[ ()/.\x{2011}-]{0,2}"
_I = "[iıİ]"
"""All that Python, but not RE2, takes for an i where capitals make no difference."""

_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’.-]{1,24}"


SHAPES = (
    # A Discord bot's token: its id, a time and a signature.
    Shape(r"\.[^\s.]{6,7}\.", re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")),
    Shape(r"mfa\.", re.compile(r"\bmfa\.[\w-]{60,}")),
    Shape(
        r"_live_|_test_|whsec_",
        re.compile(r"\b[spr]k_(?:live|test)_\w{10,}|\bwhsec_\w{20,}"),
    ),
    Shape(
        rf"(?i:gh[pousr]_|g{_I}thub_pat_)",
        re.compile(r"(?i)\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"),
    ),
    Shape(
        r"glpat-|npm_|pypi-",
        re.compile(r"\bglpat-[\w-]{20,}|\bnpm_\w{30,}|\bpypi-[\w-]{30,}"),
    ),
    Shape(
        r"hf_|dop_v1_|shpat_|shpss_",
        re.compile(r"\bhf_\w{30,}|\bdop_v1_\w{40,}|\bshp(?:at|ss)_\w{20,}"),
    ),
    Shape(
        r"SG\.|(?:AC|SK)[0-9a-f]{8}",
        re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{30,}|\b(?:AC|SK)[0-9a-f]{32}\b"),
    ),
    Shape(
        rf"(?i:ak{_I}a|as{_I}a)\S{{16}}",
        re.compile(r"(?i)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ),
    Shape(
        r"AIza|ya29\.|GOCSPX-",
        re.compile(r"\bAIza[\w-]{35}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}"),
    ),
    Shape(
        r"xox[a-z]-|xapp-",
        re.compile(r"\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}"),
    ),
    Shape(
        r"(?i:hooks\.slack\.com/)",
        re.compile(r"(?i)(?<=hooks\.slack\.com/services/)[\w/]{20,}"),
    ),
    # A bot of Telegram.
    Shape(
        r"\p{Nd}{8}:\S{20}",
        re.compile(r"(?<![\w:])\d{8,10}:[\w-]{35}(?![\w-])"),
    ),
    # A JSON web token; its signature may be cut off.
    Shape(
        r"ey\S{10}",
        re.compile(r"(?<![\w-])ey[\w-]{10,}+\.[\w-]{10,}+(?:\.[\w-]*+)?"),
    ),
    # A long random key, unless it is part of an address or a name of a file.
    Shape(
        r"[0-9]{3}[A-Za-z_]|[A-Za-z_][0-9]{3}|[0-9][A-Za-z_]+[0-9]",
        re.compile(r"(?<![\w/=?&#@:.%+-])(?P<key>[A-Za-z0-9_]{32,128})(?![\w/.%+-])"),
        _is_mixed,
    ),
    # Keys of OpenAI, and of others that write theirs alike.
    Shape(
        r"[spr]k-",
        re.compile(
            r"\b(?:sk-(?=[\w-]{0,60}\d)[\w-]{8,}|sk-\w{16,}|[pr]k-\w[\w-]{15,})"
        ),
    ),
    Shape(r"(?i:bearer)", re.compile(r"(?i)\bbearer\s+[\w.~+/-]{8,}=*")),
    Shape(r"(?i:/webhooks/)", re.compile(r"(?i)(?<=/webhooks/)\d+/[\w-]+")),
    Shape(r"/interactions/", re.compile(r"(?<=/interactions/)\d+/[\w-]+")),
    # A name and a password before a host.
    Shape(
        r"://[^/@]*:[^/@]*@",
        re.compile(r"(?<=://)[^\s/:@]{1,100}:[^\s/@]{1,100}@\S{1,200}"),
    ),
    Shape(
        r"(?i:pass|pwd|key|secret|token)[^:=]*[:=]",
        re.compile(
            r"(?i)\b(?:pass(?:word|wort|wd|phrase)?|pwd|(?:(?:api|secret|private)[_ -]"
            r"?key|client[_ -]?secret|access[_ -]?token|auth[_ -]?token)"
            r"(?=\W{1,6}\S{0,80}\d))"
            r"['\"]?\s{0,3}[:=]\s{0,3}[^\s,/$][^\s,]{3,}"
        ),
    ),
    # A private key from its head to its end, or as far as it goes.
    Shape(
        r"-----BEGIN",
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[A-Za-z0-9+/=\s:,.\\]|-(?!----))*+"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    # An address of e-mail.
    Shape(
        r"\S@\S|[\[(]at[\])]",
        re.compile(
            r"(?<![\w.+@/-])(?!git@)[\w.+-]++(?:@|\s?[\[(]at[\])]\s?)"
            r"(?:[\w-]++(?:\.|\s?[\[(]dot[\])]\s?))+[A-Za-z]{2,}"
        ),
    ),
    # A telephone number with the code of its country.
    Shape(
        rf"(?:\+|00)[1-9](?:{_SEP_HINT}\p{{Nd}}){{7}}",
        re.compile(
            rf"(?<![\w+.,:/=-])(?P<number>(?:\+|00)[1-9](?:{_SEP}\d){{7,14}})(?![\w])"
        ),
        _is_phone,
    ),
    # One of North America, or one with a leading zero and its parts set apart.
    Shape(
        r"[2-9]\p{Nd}{2}(?s:.{1,2})\p{Nd}{3}[-. ]\p{Nd}{4}",
        re.compile(
            r"(?<![\w+.,:/=#-])(?:\([2-9]\d\d\)\s?|[2-9]\d\d[-. ])"
            r"\d{3}[-. ]\d{4}(?![\w.,:/-])"
        ),
    ),
    Shape(
        r"0\p{Nd}{1,4}\)?[ /-]\p{Nd}{2}|0\p{Nd}{9}",
        re.compile(
            r"(?<![\w+.,:/=#-])(?P<number>\(?0\d{1,4}\)?[ /-]\d{2,5}"
            r"(?:[ -]\d{2,5}){0,3}|0\d{9,11})(?![\w.,:/-])"
        ),
        _is_phone,
    ),
    Shape(
        rf"(?i:phone|tel|mob{_I}le|cell|handy|whatsapp|call me|text me)"
        rf"\P{{Nd}}{{0,21}}(?:\p{{Nd}}{_SEP_HINT}){{8}}",
        re.compile(
            r"(?i)(?<![\w@/-])(?:phone|tel|telefon|mobile|cell|handy|whatsapp|call me"
            rf"|text me)\b[^\n\d+/]{{0,20}}(?P<number>\+?\d(?:{_SEP}\d){{7,14}})(?!\w)"
        ),
        _is_phone,
    ),
    # The address of a computer.
    Shape(
        r"\p{Nd}(?:\.\p{Nd}{1,3}){3}",
        re.compile(
            r"(?<![\w.:/-])(?P<address>(?:\d{1,3}\.){3}\d{1,3})"
            r"(?P<port>:\d{2,5})?(?![\w.]*\d)"
        ),
        _is_address,
    ),
    # An account of a bank, and a credit card.
    Shape(
        r"[A-Z]{2}\p{Nd}{2}(?: ?[A-Z0-9]{4}){3}",
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
        _is_iban,
    ),
    Shape(
        r"[3-6]\p{Nd}{3}[ -]\p{Nd}{4}[ -]\p{Nd}{4}[ -]|[3-6]\p{Nd}{14}",
        re.compile(
            r"(?<![\w-])(?:[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}|[4-6]\d{15}|3[47]\d{13})"
            r"(?![\w-])"
        ),
        _is_card,
    ),
    # A place on the map, to ten meters.
    Shape(
        r"\p{Nd}\.\p{Nd}{4}",
        re.compile(
            r"(?<![\w.-])-?\d{1,2}\.\d{4,}°?[NS]?,\s?-?\d{1,3}\.\d{4,}(?![\w.])"
        ),
    ),
    # The address of a computer in a network of today, and a network card.
    Shape(
        r":[0-9A-Fa-f]*:",
        re.compile(r"(?i)(?<![\w:.])(?P<address>[0-9a-f:]{6,39})(?![\w:])"),
        _is_address,
    ),
    Shape(
        r"(?:[0-9A-Fa-f]{2}:){5}",
        re.compile(r"(?i)(?<![\w:-])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:-])"),
    ),
    # A house in a street, in some languages.
    Shape(
        r"\p{Nd}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[A-ZÀ-ÖØ-Þ]\S* ){1,3}"
        r"(?:St|Ave|R(?:oa)?d|Blvd|Boulevard|Ln|Lane|Dr|C(?:our)?t|Pl|Terrace|Way"
        r"|Close|Crescent|Parkway|Pkwy|Highway|Hwy)",
        re.compile(
            rf"(?<![\w.,-])\d{{1,5}}[A-Za-z]?,? (?:[NSEW]\.? )?(?:{_NAME} ){{1,3}}"
            r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court"
            r"|Pl|Place|Terrace|Way|Close|Crescent|Parkway|Pkwy|Highway|Hwy)\b"
        ),
    ),
    Shape(
        r"(?i:straße|strasse|str\.|weg|platz|gasse|allee|straat|laan|plein|gade|vej"
        r"|gatan|vägen) \p{Nd}",
        re.compile(
            rf"\b(?:[A-ZÄÖÜ][\w-]{{2,24}}(?:straße|strasse|str\.|weg|platz|gasse|allee)"
            rf"|(?:{_NAME} )?(?:Straße|Strasse|Str\.|Weg|Platz|Gasse|Allee)"
            rf"|{_NAME}(?:straat|laan|plein|gade|vej|gatan|vägen))"
            r" \d{1,4}\s?[a-zA-Z]?(?!\w)"
        ),
    ),
    Shape(
        rf"\p{{Nd}},? (?i:(?:b{_I}s |ter )?"
        rf"(?:rue|avenue|boulevard|{_I}mpasse|chem{_I}n|qua{_I})) ",
        re.compile(
            r"(?i:\b\d{1,4},? (?:bis |ter )?"
            r"(?:rue|avenue|boulevard|impasse|chemin|quai))"
            rf" (?:d[eu]s? |de la |de l['’]|du )?{_NAME}"
        ),
    ),
    Shape(
        r"(?:[Cc]alle|[Aa]venida|[Rr]ua|Via(?:le)?|Piazza|[Uu]lica|[Uu]l\.) .*\p{Nd}",
        re.compile(
            r"\b(?:[Cc]alle|[Aa]venida|[Rr]ua|Via|Viale|Piazza|[Uu]lica|[Uu]l\.)"
            rf" (?:d[aeio]s? |de la |del )?{_NAME}(?: {_NAME}){{0,2}},? \d{{1,4}}(?!\w)"
        ),
    ),
)
"""Keys and tokens; passwords behind a word; addresses of e-mail; telephone numbers,
computers, accounts, cards and places; houses in streets."""
