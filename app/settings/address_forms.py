"""The forms in which people write the address of one and the same API."""

from urllib.parse import urlsplit

_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/models")

_ROOTS = ("/v1", "/api/v1", "/openai/v1")


def likely_forms(url: str) -> list[str]:
    """Return an address and the likely forms of it, at the same host, likeliest first.

    People leave `/v1` out, as some programs add it, or copy the address of an endpoint;
    OpenRouter has `/api/v1`, Groq and Azure `/openai/v1`.
    """
    parts = urlsplit(url.strip())
    path = parts.path.rstrip("/")
    for endpoint in _ENDPOINTS:
        path = path.removesuffix(endpoint)
    paths = [path, *(path + root for root in _ROOTS), *_ROOTS]
    if path.endswith("/v1"):
        paths = [path, *_ROOTS]
    start = f"{parts.scheme}://{parts.netloc}"
    return list(dict.fromkeys(f"{start}{one}/" for one in paths))
