"""The harmless peculiarities of hosts' streams, as lines before or after the text."""

import json
from typing import Any

Json = dict[str, Any]


def _choice(delta: Json, **more: object) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": None, **more}
    return {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}


def _data(chunk: Json) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


BEFORE: dict[str, bytes] = {
    # OpenAI, vLLM, LM Studio and Mistral begin with the role.
    "role_first": _data(_choice({"role": "assistant", "content": ""})),
    # llama-server: ggml-org/llama.cpp#10694, content null beside the role.
    "null_content": _data(_choice({"role": "assistant", "content": None})),
    # Ollama fills `content` with nothing while it thinks (dirac-run/dirac#227).
    "empty_content": _data(_choice({"role": "assistant", "content": ""})),
    # OpenRouter keeps the line open (openrouter.ai/docs/api/reference/streaming).
    "keep_alive": b": OPENROUTER PROCESSING\n\n" * 3,
    # Azure begins with results of its filter and no choice (langchain-ai/langchain#
    # 6462: `choices` is empty in the first chunk).
    "filter_first": _data(
        {"id": "", "object": "", "choices": [], "prompt_filter_results": []}
    ),
    # platform.openai.com/docs/api-reference/chat-streaming: `obfuscation` pads.
    "obfuscation": _data(_choice({"content": ""}) | {"obfuscation": "aB3"}),
    # With include_usage every chunk but the last says `usage: null`.
    "usage_null": _data(_choice({"content": ""}) | {"usage": None}),
    # Groq tells its usage in a field of its own (groq/groq-python#32).
    "x_groq": _data(_choice({"role": "assistant"}) | {"x_groq": {"id": "req_1"}}),
}

AFTER: dict[str, bytes] = {
    # llama-server adds its own timings to the last chunk.
    "timings": _data(
        {"id": "x", "choices": [], "timings": {"predicted_ms": 3.5, "prompt_n": 9}}
    ),
}


def begins(oddities: tuple[str, ...]) -> bytes:
    """What such a stream sends before the text."""
    return b"".join(BEFORE[name] for name in oddities if name in BEFORE)


def ends(oddities: tuple[str, ...]) -> bytes:
    """What it sends after the text."""
    done = b"" if "no_done" in oddities else b"data: [DONE]\n\n"
    return b"".join(AFTER[name] for name in oddities if name in AFTER) + done
