"""The request for a line that a model and a voice write together, token by token."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import orjson

from app.core.secret_patterns import redact
from app.ipc.inference import FusedByHost, Generate
from app.providers.base import Prompt
from app.providers.local import chat_log

TOKENS_A_WORD = 2


def request_of(prompt: Prompt, stream: int) -> Generate:
    """Return the request to the runner, without what only one on this machine takes."""
    return Generate(
        stream=stream,
        conversation=prompt.conversation,
        prompt=chat_log.build(prompt),
        max_tokens=prompt.max_words * TOKENS_A_WORD,
        temperature=prompt.temperature,
        top_p=prompt.top_p,
        seed=prompt.random_seed,
        channels=None if prompt.channels is None else sorted(prompt.channels),
        spans=None if prompt.spans is None else [[*one] for one in prompt.spans],
        near=sorted(prompt.lean.channels) if prompt.lean else [],
        lean=prompt.lean.times if prompt.lean else 1.0,
        dial=prompt.dial,
        guild=str(prompt.guild),
        never=list(prompt.never),
        unsaid=sorted(prompt.unsaid),
        line_start=chat_log.start_of_line(prompt.bot_name),
    )


def words_for_host(prompt: Prompt, gone: Sequence[int], seed: int) -> str:
    """Return a `FusedByHost` as JSON.

    Args:
        gone: Rows that the voice must not say.
        seed: The number that chance comes from, where the prompt has none.
    """
    request = request_of(prompt, 0)
    if request.seed < 0:
        request = replace(request, seed=seed)
    request = replace(request, prompt=redact(request.prompt, "…"))
    wanted = FusedByHost(prompt.guild, list(gone), request)
    return orjson.dumps(asdict(wanted)).decode()
