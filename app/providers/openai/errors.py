"""Explains errors of an OpenAI-compatible host, and says whether to retry."""

import re
import ssl
from dataclasses import dataclass, replace

from app.core.safe_text import safe_line
from app.core.secret_patterns import redact
from app.providers.openai.rate_limit import retry_after
from app.settings.base_url import OPENAI_HOST
from app.settings.host_names import (
    OPENAI,
    section_of,
    to_choose_model,
    to_enter_key,
)

QUOTA_SECONDS = 3600.0
KEY_SECONDS = 900.0
MODEL_SECONDS = 600.0
BLOCKED_SECONDS = 60.0
BUSY = (429, 498)
"""Too many requests; 498 is Groq's, for want of room."""
OUT_OF_CREDIT = ("insufficient_quota", "billing_hard_limit_reached")
NO_MODEL = ("model_not_found", "DeploymentNotFound")
MAX_WORDS = 200
"""The most of a host's own words to show."""

WORDS_IN = ("message", "detail", "error", "errors", "title")
"""The places in an error's body where hosts put their words."""

_FLAGGED = re.compile(
    r"\bflagged\b|moderation|content (?:management )?policy|maximum context length"
    r"|context (?:size|length|window)|max_new_tokens",
    re.IGNORECASE,
)

LEAST_KEY = 6
"""The least length of a key that is taken out; a shorter one is a part of words."""

_BAD_KEY = re.compile(r"api key not valid|invalid api key|incorrect api key", re.I)
"""Google's words, with a status of 400."""

FIRST_WAIT = 0.25
"""Seconds before a retry when the host names no time."""


@dataclass(frozen=True)
class Trouble:
    """A host's problem, with the remedy for its owner."""

    kind: str
    reason: str
    hint: str = ""
    stay_away_seconds: float = 0.0
    is_of_model: bool = False
    """True if other models of the same host may work."""

    def __str__(self) -> str:
        return f"{self.reason} {self.hint}".strip()


class NoStreamError(ValueError):
    """A host answered with something else, such as a page."""


def describe(
    error: Exception,
    host: str,
    model: str,
    *,
    has_begun: bool = False,
    name: str = OPENAI,
) -> Trouble:
    """Describe the problem behind an exception.

    Args:
        has_begun: Text came first.
        name: The host's name, for the commands that help there.
    """
    status = status_of(error)
    if status is not None:
        words, code = words_of(error), _code(error)
        if status in (404, 405) and not _is_of_model(words, code, model):
            trouble = _wrong_path(host, name)
        else:
            trouble = _of_account(status, code, words, host, model, name) or _of_status(
                status, words, host, name
            )
        if not words:
            return trouble
        return replace(trouble, reason=f"{trouble.reason} It said: “{words}”")
    return _of_connection(error, host, name, has_begun=has_begun)


def _of_connection(
    error: Exception, host: str, name: str, *, has_begun: bool
) -> Trouble:
    """Describe what went wrong without an answer, or with one that is none."""
    kind = type(error).__name__
    if has_begun and not isinstance(error, ValueError):
        words = words_of(error)
        said = f" It said: “{words}”" if words else ""
        return Trouble("broken", f"The answer from {host} stopped early.{said}")
    if tls := _of_tls(error, host, name):
        return tls
    if kind == "APIConnectionError" or isinstance(error, TimeoutError):
        return Trouble("unreachable", f"{host} cannot be reached.")
    if kind in ("APITimeoutError", "ReadTimeout"):
        return Trouble("slow", f"{host} did not answer in time.")
    if isinstance(error, NoStreamError):
        return replace(
            _wrong_path(host, name),
            reason=f"{host} sent an unreadable answer: {_short(error)}.",
            stay_away_seconds=0.0,
        )
    if isinstance(error, ValueError):
        return Trouble(
            "nonsense", f"{host} sent an unreadable answer: {_short(error)}."
        )
    return Trouble("broken", f"{host} failed: {words_of(error) or _short(error)}.")


def _of_account(
    status: int, code: str | None, words: str, host: str, model: str, name: str
) -> Trouble | None:
    """Describe a refusal of the account, the words, the model or the key."""
    if code in OUT_OF_CREDIT or status == 402:
        return Trouble(
            "quota",
            f"The account at {host} has no credit left.",
            "Add credit there, or switch to the local model.",
            QUOTA_SECONDS,
        )
    if status < 500 and status not in BUSY and _is_of_input(status, code, words):
        return Trouble("input", f"{host} refused these words, not the key.")
    names_model = code in NO_MODEL or (status == 403 and "model" in words.lower())
    if names_model or status == 404:
        return Trouble(
            "model",
            f"{host} has no model {model}.",
            f"Choose another with {to_choose_model(name)}.",
            MODEL_SECONDS,
            is_of_model=True,
        )
    if status == 403 and not words:
        return Trouble(
            "blocked",
            f"Something on the way to {host} refused the request (403).",
            "Look at that address in a browser; a firewall or a proxy may be there.",
            BLOCKED_SECONDS,
        )
    if status in (401, 403) or code == "invalid_api_key" or _BAD_KEY.search(words):
        return Trouble(
            "key",
            f"{host} rejected the key.",
            "Enter a valid one with"
            f" {to_enter_key(name, is_openai=host == OPENAI_HOST)}.",
            KEY_SECONDS,
        )
    return None


def _of_status(status: int, words: str, host: str, name: str) -> Trouble:
    """Describe any other answer by its status."""
    if status in BUSY:
        return Trouble(
            "rate", f"{host} asks Mynah to slow down.", "Mynah tries again later."
        )
    if status == 503 and "loading" in words.lower():
        return Trouble("loading", f"{host} is still loading the model.")
    if status >= 500:
        return Trouble("host", f"{host} has an internal problem ({status}).")
    if 300 <= status < 400:
        setting = f"{section_of(name)}.base_url"
        hint = f"Set {setting} to the address it points to, if you trust it."
        return Trouble(
            "address", f"{host} redirects to another address.", hint, MODEL_SECONDS
        )
    return Trouble("request", f"{host} rejected the request ({status}).")


def _of_tls(error: Exception, host: str, name: str) -> Trouble | None:
    """Describe a connection that was not made for want of trust, or of TLS."""
    said, is_refused, cause = "", False, error.__cause__
    while cause is not None:
        # The systems have words of their own for it; the class is the same.
        is_refused |= isinstance(cause, ssl.SSLCertVerificationError)
        said, cause = f"{said} {cause}", cause.__cause__ or cause.__context__
    setting = f"{section_of(name)}.base_url"
    if is_refused:
        return Trouble(
            "certificate",
            f"{host} has a certificate that this computer does not trust.",
            "Set SSL_CERT_FILE to the file of its authority, or, in your own network,"
            f" {setting} to an address that begins with http://.",
        )
    if "WRONG_VERSION_NUMBER" in said or "RECORD_LAYER_FAILURE" in said:
        return Trouble(
            "certificate",
            f"{host} does not speak https there.",
            f"Set {setting} to an address that begins with http://.",
        )
    return None


def _is_of_model(words: str, code: str | None, model: str) -> bool:
    """Tell a missing model from a missing page.

    vLLM says `Not Found` to a path that it does not know, Groq `Unknown request URL`,
    Ollama `404 page not found`; OpenRouter has `No endpoints found for` a model.
    """
    said = words.lower()
    is_named = "model" in said or (model != "" and model.lower() in said)
    return is_named or "no endpoints" in said or code in NO_MODEL


def _wrong_path(host: str, name: str) -> Trouble:
    """Describe a page that is not there: no API answers under this address."""
    return Trouble(
        "path",
        f"{host} has no chat at this address.",
        f"Set {section_of(name)}.base_url to the one that ends in /v1/.",
        MODEL_SECONDS,
    )


def _is_of_input(status: int, code: str | None, words: str) -> bool:
    """Tell a refusal of these words from one of the key, the model or the request.

    OpenRouter answers 403 to a flagged input, Azure 400 `content_filter`, OpenAI 400
    `context_length_exceeded` to a long one, Groq 413.
    """
    return (
        status == 413
        or code in ("content_filter", "content_policy_violation", "invalid_prompt")
        or code in ("context_length_exceeded", "moderation_blocked")
        or _FLAGGED.search(words) is not None
    )


def status_of(error: Exception) -> int | None:
    """Return the HTTP status, or the one in an error that came inside a stream."""
    status = getattr(error, "status_code", None)
    if status is None:
        inside = body_of(error).get("code")
        status = inside if isinstance(inside, int) and 400 <= inside < 600 else None
    return status


def body_of(error: Exception) -> dict[str, object]:
    """Return the body of a host's error, without the envelope."""
    body: object = getattr(error, "body", None)
    while isinstance(body, list) and body:
        body = body[0]
    inner = body.get("error") if isinstance(body, dict) else None
    body = inner if isinstance(inner, dict) else body
    return body if isinstance(body, dict) else {}


def words_of(error: Exception) -> str:
    """Return the host's own words, without secrets, on one short line.

    Mistral, vLLM and FastAPI list details instead of a text; what a detail quotes as
    `input` is the request's, and is left out.
    """
    found: object = body_of(error) or getattr(error, "body", None) or ""
    while isinstance(found, dict):
        inner = (found.get(name) for name in WORDS_IN)
        found = next(filter(None, inner), "")
    if isinstance(found, list):
        found = "; ".join(_detail(one) for one in found if isinstance(one, dict))
    if not isinstance(found, str) or found.lstrip().startswith("<"):
        return ""  # A page is nothing that the host says.
    return shown(_without_key(found, error))


def shown(text: str, key: str = "") -> str:
    """Return a host's words without secrets and the key, on one short line."""
    line = _line(_without(text, key))
    return line if len(line) <= MAX_WORDS else line[: MAX_WORDS - 1] + "…"


def _detail(one: dict[str, object]) -> str:
    where = one.get("loc")
    place = ".".join(map(str, where[1:])) if isinstance(where, list | tuple) else ""
    said = str(one.get("msg") or one.get("message") or "")
    return f"{place}: {said}" if place else said


def _line(text: str) -> str:
    return redact(safe_line(" ".join(text.split())))


def is_worth_retrying(error: Exception) -> float | None:
    """Return after how many seconds a retry may work, or None if it will not."""
    if _code(error) in OUT_OF_CREDIT:
        return None
    status = status_of(error)
    if status in (408, 409, *BUSY) or (status is not None and status >= 500):
        asked = retry_after(getattr(getattr(error, "response", None), "headers", {}))
        return FIRST_WAIT if asked is None else asked
    if type(error).__name__ == "APIConnectionError":
        return FIRST_WAIT
    return None


def _code(error: Exception) -> str | None:
    body: object = getattr(error, "body", None)
    named = body.get("code") or body.get("type") if isinstance(body, dict) else None
    code = getattr(error, "code", None) or named
    return code if isinstance(code, str) else None


def _short(error: Exception) -> str:
    """A host's text may be in it, such as the kind of its answer."""
    return _line(_without_key(str(error), error))[:120] or type(error).__name__


def _without_key(text: str, error: Exception) -> str:
    """Take out the key of the request that an error is about."""
    headers = getattr(getattr(error, "request", None), "headers", {})
    return _without(text, headers.get("authorization", "").removeprefix("Bearer "))


def _without(text: str, key: str) -> str:
    """Take out a key, which some hosts repeat, whatever its form."""
    return text.replace(key, "[secret]") if len(key) >= LEAST_KEY else text
