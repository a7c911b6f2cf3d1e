"""The facts that a host accepts from us for one model, learnt from its refusals."""

import re
from dataclasses import dataclass, field

from app.providers.openai.errors import body_of, status_of, words_of
from app.settings.base_url import Address

EFFORTS = ("none", "minimal", "low", "medium", "high")
"""The least first: a line of chat needs no thought."""

SAMPLING = ("temperature", "top_p", "seed")

FUSING = ("vllm_xargs", "continue_final_message", "add_generation_prompt")
"""vLLM's own: the words for a plug-in, and a line that the request begins."""

OPTIONAL = (
    "max_tokens", "max_completion_tokens", "reasoning_effort", "reasoning",
    "chat_template_kwargs", "stream_options", "stream", *FUSING, *SAMPLING,
)  # fmt: skip

_THINKS = re.compile(
    r"(?:^|[/:_.-])(?:o[134](?:-|$)|gpt-5|gpt-oss|qwq|qwen3|magistral|glm-[45])"
    r"|deepseek-r|\br1\b|think|reason",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"instruct|-chat|non-?think|coder", re.IGNORECASE)
_BEGINS_INSIDE = re.compile(r"deepseek-r|\br1\b|qwq|thinking", re.IGNORECASE)
"""Their templates end in `<think>`, so that only its end is in the answer."""

_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt)s?\b.{0,30}\bnot", re.IGNORECASE
)
"""The refusal of templates such as Gemma 2's: `System role not supported`."""


@dataclass
class Habits:
    """One model at one host."""

    thinks: bool
    begins_inside: bool
    refused: set[str] = field(default_factory=set)
    """Parameters, and `system` for a prompt's first turn."""
    effort: str = ""
    """The least effort that the host named; empty until it did."""

    @classmethod
    def of(cls, model: str) -> "Habits":
        """Return what a model's name lets expect."""
        thinks = bool(_THINKS.search(model)) and not _ANSWERS.search(model)
        return cls(thinks, thinks and bool(_BEGINS_INSIDE.search(model)))

    def learn(self, error: Exception, body: dict[str, object]) -> bool:
        """Return whether a refusal names something that can be left out."""
        status = status_of(error)
        words = words_of(error)
        if status is None or not (status in (400, 422) or status >= 500):
            return False
        if "system" not in self.refused and _NO_SYSTEM.search(words):
            self.refused.add("system")
            return True
        if status >= 500:
            return False
        for name in _named(error, words):
            if name in body and name not in self.refused:
                self._leave_out(name, words)
                return True
        return False

    def _leave_out(self, name: str, words: str) -> None:
        if name == "reasoning_effort":
            listed = words.lower().partition("supported values")[2]
            fit = [
                one for one in EFFORTS if f"'{one}'" in listed or f"`{one}`" in listed
            ]
            # A host that refuses what it named would be asked without end.
            if fit and not self.effort:
                self.effort = fit[0]
                return
        self.refused.update(SAMPLING[:2] if name in SAMPLING[:2] else (name,))


def options(
    address: Address,
    model: str,
    tokens: int,
    sampling: dict[str, object],
    habits: Habits,
) -> dict[str, object]:
    """Return a request's options; their names differ by host and model."""
    is_openai = address.is_openai or address.host.endswith(".azure.com")
    found: dict[str, object] = {}
    if "stream" not in habits.refused:
        found = {"stream_options": {"include_usage": True}}
    if not (is_openai and habits.thinks):
        found |= sampling
    limit = "max_completion_tokens" if is_openai else "max_tokens"
    if limit in habits.refused:
        limit = "max_tokens" if is_openai else "max_completion_tokens"
    found[limit] = tokens + 400 if habits.thinks else tokens
    if habits.thinks:
        found |= _less_thought(address, model, habits)
    return {name: found[name] for name in found if name not in habits.refused}


def _less_thought(address: Address, model: str, habits: Habits) -> dict[str, object]:
    """Return what switches a model's thoughts off, or keeps them short.

    OpenAI's models before 5.1 know no `none`; gpt-oss and the o-series cannot stop.
    Ollama takes `reasoning_effort`, OpenRouter `reasoning`, and the templates of vLLM
    and llama-server take `enable_thinking`.
    """
    name = model.rpartition("/")[2]
    effort = habits.effort or "none"
    if not habits.effort and re.match(r"o[134](-|$)|gpt-oss", name):
        effort = "low"
    elif not habits.effort and re.match(r"gpt-5(?!\.)", name):
        effort = "minimal"
    if address.host == "openrouter.ai":
        return {"reasoning": {"effort": effort}}
    if address.is_cloud or effort != "none":
        return {"reasoning_effort": effort}
    template = {"chat_template_kwargs": {"enable_thinking": False}}
    return {"reasoning_effort": effort, **template}


def _named(error: Exception, words: str) -> list[str]:
    """Return the parameters that a refusal names, the surest first.

    OpenAI and Azure name it in `param`, Mistral and vLLM in `loc`, others in words.
    """
    body = body_of(error)
    named = [str(body.get("param") or "").split(".")[0]]
    named += re.findall(r"'loc': [\[(]'body', '(\w+)'", str(body))
    said = set(re.findall(r"\w+", words))
    found = [(words.find(name), name) for name in OPTIONAL if name in said]
    return named + [name for _, name in sorted(found)]
