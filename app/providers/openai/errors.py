"""Explains errors of an OpenAI-compatible host, and says whether to retry."""

from dataclasses import dataclass

from app.providers.openai.rate_limit import retry_after

QUOTA_SECONDS = 3600.0
KEY_SECONDS = 900.0
MODEL_SECONDS = 600.0
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


def describe(
    error: Exception, host: str, model: str, *, has_begun: bool = False
) -> Trouble:
    """Describe the problem behind an exception; `has_begun` if text came first."""
    status = getattr(error, "status_code", None)
    code = _code(error)
    if code in ("insufficient_quota", "billing_hard_limit_reached"):
        return Trouble(
            "quota",
            f"The account at {host} has no credit left.",
            "Add credit there, or switch to the local model.",
            QUOTA_SECONDS,
        )
    if status in (401, 403) or code == "invalid_api_key":
        return Trouble(
            "key",
            f"{host} rejected the key.",
            "Enter a valid one with `mynah config set openai_key`.",
            KEY_SECONDS,
        )
    if code == "model_not_found" or status == 404:
        return Trouble(
            "model",
            f"{host} has no model {model}.",
            "Choose another with `mynah config set openai.model`.",
            MODEL_SECONDS,
            is_of_model=True,
        )
    if status == 429:
        return Trouble(
            "rate", f"{host} asks Mynah to slow down.", "Mynah tries again later."
        )
    if status is not None and status >= 500:
        return Trouble("host", f"{host} has an internal problem ({status}).")
    if status is not None and 300 <= status < 400:
        hint = "Set openai.base_url to the address it points to, if you trust it."
        return Trouble(
            "address", f"{host} redirects to another address.", hint, MODEL_SECONDS
        )
    if status is not None:
        return Trouble("request", f"{host} rejected the request ({status}).")
    kind = type(error).__name__
    if has_begun and not isinstance(error, ValueError):
        return Trouble("broken", f"The answer from {host} stopped early.")
    if kind == "APIConnectionError" or isinstance(error, TimeoutError):
        return Trouble("unreachable", f"{host} cannot be reached.")
    if kind in ("APITimeoutError", "ReadTimeout"):
        return Trouble("slow", f"{host} did not answer in time.")
    if isinstance(error, ValueError):
        return Trouble(
            "nonsense", f"{host} sent an unreadable answer: {_short(error)}."
        )
    return Trouble("broken", f"{host} failed: {_short(error)}.")


def is_worth_retrying(error: Exception) -> float | None:
    """Return after how many seconds a retry may work, or None if it will not."""
    if _code(error) in ("insufficient_quota", "billing_hard_limit_reached"):
        return None
    status = getattr(error, "status_code", None)
    if status in (408, 409, 429) or (status is not None and status >= 500):
        asked = retry_after(error.response.headers)  # type: ignore[attr-defined]
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
    return " ".join(str(error).split())[:120] or type(error).__name__
