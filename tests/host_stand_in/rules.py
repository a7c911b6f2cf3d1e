"""The rules of the hosts, each from its documentation or its users' reports."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.core.labels import Reach

Json = dict[str, Any]
Refusal = tuple[int, Json]
Check = Callable[[Json], Refusal | None]
Limit = tuple[int, Json, dict[str, str]]
"""Status, body and headers."""

PLAIN = "this is what the host says today"
THOUGHT = "the user wants a short line and so I will write one"


@dataclass(frozen=True)
class Host:
    """One host: its name, what it refuses and how it shows thoughts."""

    name: str
    host: str
    model: str
    checks: tuple[Check, ...]
    deltas: tuple[Json, ...]
    """The stream's deltas for a reply of a model that thinks."""
    refusals: dict[str, Refusal] = field(default_factory=dict)
    """Errors by the kind of trouble that they are."""
    reach: Reach = "cloud"
    lessons: int = 0
    """The refusals after which a first reply comes."""
    limit: Limit | None = None
    """The answer to more requests than it takes; None if it lets them wait."""
    oddities: tuple[str, ...] = ()
    """Harmless peculiarities of its streams; see `odd_chunks`."""
    bill: Json = field(default_factory=dict)
    """What its reports of usage say besides tokens."""


def content(*texts: str) -> tuple[Json, ...]:
    return tuple({"content": text} for text in texts)


# Templates. Gemma's and Mistral's raise "Conversation roles must alternate" (ggml-org/
# llama.cpp#21879, idiap/sdialog#122: llama-server answers 500 with type server_error).


def alternates(body: Json) -> Refusal | None:
    roles = [item["role"] for item in body["messages"]]
    roles = roles[1:] if roles[0] == "system" else roles
    wanted = [("user", "assistant")[place % 2] for place in range(len(roles))]
    if roles == wanted and all(item["content"].strip() for item in body["messages"]):
        return None
    words = (
        "Error: Jinja Exception: Conversation roles must alternate user/assistant/..."
    )
    error = {"code": 500, "message": words, "type": "server_error"}
    return 500, {"error": error}


def no_system(body: Json) -> Refusal | None:
    """Gemma's template raises this; vLLM answers so (vllm-project/vllm#2964)."""
    if body["messages"][0]["role"] != "system":
        return None
    return 400, {
        "object": "error",
        "message": "System role not supported",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }


# OpenAI and Azure.


def no_max_tokens(body: Json) -> Refusal | None:
    """langgenius/dify#9746, owndev/Open-WebUI-Functions#136."""
    if "max_tokens" not in body:
        return None
    words = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
        " 'max_completion_tokens' instead."
    )
    return 400, openai_error(words, "max_tokens", "unsupported_parameter")


def no_minimal(body: Json) -> Refusal | None:
    """immersive-translate#3529, anomalyco/opencode#4451."""
    if body.get("reasoning_effort") in (None, "none", "low", "medium", "high"):
        return None
    words = (
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this"
        " model. Supported values are: 'none', 'low', 'medium', and 'high'."
    )
    return 400, openai_error(words, "reasoning_effort", "unsupported_value")


def no_none(body: Json) -> Refusal | None:
    """The models before gpt-5.1 know no `none` (brekkylab/ailoy#337)."""
    if body.get("reasoning_effort") != "none":
        return None
    words = (
        "Unsupported value: 'reasoning_effort' does not support 'none' with this"
        " model. Supported values are: 'minimal', 'low', 'medium', and 'high'."
    )
    return 400, openai_error(words, "reasoning_effort", "unsupported_value")


def no_sampling(body: Json) -> Refusal | None:
    """owndev/Open-WebUI-Functions#98, johny-b/llmcomp#69."""
    for name in ("temperature", "top_p"):
        if name in body:
            words = (
                f"Unsupported value: '{name}' does not support {body[name]} with this"
                " model. Only the default (1) value is supported."
            )
            return 400, openai_error(words, name, "unsupported_value")
    return None


def openai_error(words: str, param: str | None, code: str) -> Json:
    kind = "invalid_request_error"
    return {"error": {"message": words, "type": kind, "param": param, "code": code}}


# Mistral.

MISTRALS = {
    "model", "messages", "stream", "temperature", "top_p", "max_tokens", "random_seed",
    "stop", "reasoning_effort", "tools", "response_format", "stream_options",
}  # fmt: skip


def mistral_schema(body: Json) -> Refusal | None:
    """editor-code-assistant/eca#231: 422, and `message` is no text."""
    extra = sorted(set(body) - MISTRALS)
    if not extra:
        return None
    words = "Extra inputs are not permitted"
    found = [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": words, "input": 1}
        for name in extra
    ]
    error = {"object": "error", "message": {"detail": found}, "param": None}
    return 422, {**error, "type": "invalid_request_error", "code": None}


# Groq.


def groq_effort(body: Json) -> Refusal | None:
    """iamsrikanthnani/pluely#242: a model that does not think."""
    if "reasoning_effort" not in body:
        return None
    words = "`reasoning_effort` is not supported with this model"
    return 400, {"error": {"message": words, "type": "invalid_request_error"}}


# vLLM.


def vllm_effort(body: Json) -> Refusal | None:
    """Before it knew `none`: llm-jp/llm-jp-judge#56.

    The words are pydantic's, as in router-for-me/CLIProxyAPI#1572.
    """
    if body.get("reasoning_effort") in (None, "low", "medium", "high"):
        return None
    words = (
        "1 validation error: {'type': 'literal_error', 'loc': ('body',"
        " 'reasoning_effort'), 'msg': \"Input should be 'low', 'medium' or 'high'\"}"
    )
    return 400, {"object": "error", "message": words, "type": "BadRequestError"}


# openrouter.ai/docs/api/reference/errors-and-debugging: `code` is the status.
OPENROUTER = {
    "quota": (402, {"error": {"code": 402, "message": "Insufficient credits"}}),
    "input": (
        403,
        {
            "error": {
                "code": 403,
                "message": "Your chosen model requires moderation and your input was"
                " flagged",
                "metadata": {"reasons": ["violence"], "flagged_input": "…"},
            }
        },
    ),
    "key": (401, {"error": {"code": 401, "message": "No auth credentials found"}}),
}
# alan-turing-institute/t0-1#69.
INVALID = openai_error(
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy."
    " Please try again with a different prompt:"
    " https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
    None,
    "invalid_prompt",
)
# stanford-crfm/helm#3327.
FILTERED: Json = {
    "error": {
        "message": "The response was filtered due to the prompt triggering Azure"
        " OpenAI's content management policy. Please modify your prompt and retry. To"
        " learn more about our content filtering policies please read our"
        " documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
    }
}

# Thoughts. Groq sends `raw` ones unless asked (reference.langchain.com/python/
# langchain-groq: `reasoning_format`).
THINKS = content("<think>", THOUGHT, "</think>\n\n", PLAIN)
# The template wrote the beginning: ggml-org/llama.cpp#11861, vllm-project/vllm#13125.
LONE = content(THOUGHT, " and more\n</th", "ink>\n\n", PLAIN)
# ml-explore/mlx-lm#1867; LM Studio's first versions too (anomalyco/opencode#1632).
HARMONY = content(
    "<|channel|>analysis<|message|>", THOUGHT, "<|end|><|start|>assistant<|channel|>",
    "final<|message|>", PLAIN,
)  # fmt: skip
# ggml-org/llama.cpp#13867.
APART = ({"reasoning_content": THOUGHT, "content": None}, *content(PLAIN))
# dirac-run/dirac#227; OpenRouter names it alike (llama-farm/llamafarm#753).
OLLAMAS = ({"reasoning": THOUGHT, "content": ""}, *content(PLAIN))
# BerriAI/litellm#16272.
PARTS = (
    {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}
        ]
    },
    *content(PLAIN),
)

# Limits. Headers of OpenAI: platform.openai.com/docs/guides/rate-limits; Azure counts
# in `retry-after-ms` (Azure/azure-sdk-for-net#41535); Groq: console.groq.com/docs/
# rate-limits; OpenRouter: openrouter.ai/docs/api/reference/limits; Ollama answers 503
# when its queue is full (docs.ollama.com/faq, OLLAMA_MAX_QUEUE); llama-server answers
# 503 while it loads (tools/server/README.md, GET /health).
OPENAI_LIMIT: Limit = (
    429,
    openai_error("Rate limit reached for requests", None, "rate_limit_exceeded"),
    {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "120ms",
        "retry-after-ms": "120",
    },
)
AZURE_LIMIT: Limit = (
    429,
    {"error": {"code": "429", "message": "Requests have exceeded the call rate limit"}},
    {"retry-after-ms": "120", "retry-after": "1"},
)
OLLAMA_LIMIT: Limit = (
    503,
    {
        "error": {
            "message": "server busy, please try again. maximum pending requests"
            " exceeded",
            "type": "api_error",
            "param": None,
            "code": None,
        }
    },
    {},
)
LOADING: Limit = (
    503,
    {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
    {},
)
OPENROUTER_LIMIT: Limit = (
    429,
    {
        "error": {
            "code": 429,
            "message": "Rate limit exceeded: free-models-per-min.",
            "metadata": {"headers": {"X-RateLimit-Remaining": "0"}},
        }
    },
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1741305600000"},
)
GROQ_LIMIT: Limit = (
    429,
    openai_error(
        "Rate limit reached for model `reasoner`. Please try again in 120ms.",
        None,
        "rate_limit_exceeded",
    ),
    {
        "retry-after": "0.12",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "120ms",
    },
)
MISTRAL_LIMIT: Limit = (429, {"message": "Requests rate limit exceeded"}, {})

HOSTS = (
    Host("OpenAI", "api.openai.com", "gpt-5.1",
         (no_max_tokens, no_minimal, no_sampling), content(PLAIN),
         {"input": (400, INVALID)}, limit=OPENAI_LIMIT,
         oddities=("role_first", "obfuscation", "usage_null")),
    Host("OpenAI, before 5.1", "api.openai.com", "gpt-5-nano",
         (no_max_tokens, no_none, no_sampling), content(PLAIN), limit=OPENAI_LIMIT),
    Host("Azure", "home.openai.azure.com", "my-deployment",
         (no_max_tokens, no_minimal, no_sampling), content(PLAIN),
         {"input": (400, FILTERED)}, lessons=1, limit=AZURE_LIMIT,
         oddities=("filter_first", "role_first")),
    Host("Ollama", "127.0.0.1", "qwen3:8b", (), OLLAMAS, reach="here",
         limit=OLLAMA_LIMIT, oddities=("empty_content", "usage_missing")),
    Host("LM Studio", "127.0.0.1", "gpt-oss-20b", (alternates,), HARMONY, reach="here",
         oddities=("role_first", "usage_missing")),
    Host("llama-server", "127.0.0.1", "gemma", (alternates,), APART, reach="here",
         limit=LOADING, oddities=("null_content", "timings")),
    Host("vLLM", "127.0.0.1", "deepseek-r1", (alternates, no_system, vllm_effort), LONE,
         reach="here", lessons=2, oddities=("role_first", "usage_null")),
    Host("OpenRouter", "openrouter.ai", "qwen/qwen3-8b", (), OLLAMAS, OPENROUTER,
         limit=OPENROUTER_LIMIT, oddities=("keep_alive", "empty_content"),
         bill={"cost": 0.00042, "cost_details": {"upstream_inference_cost": None}}),
    Host("Groq", "api.groq.com", "reasoner", (groq_effort,), THINKS, lessons=1,
         limit=GROQ_LIMIT, oddities=("x_groq", "usage_missing")),
    Host("Mistral", "api.mistral.ai", "magistral-small", (alternates, mistral_schema),
         PARTS, lessons=1, limit=MISTRAL_LIMIT, oddities=("role_first", "no_done")),
)  # fmt: skip
