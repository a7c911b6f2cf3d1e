"""Lets vLLM write together with a server's voice, by the rule of Mynah's own runner."""

import logging
import os
from collections.abc import Callable

import torch
from vllm import SamplingParams
from vllm.config import ModelConfig, VllmConfig
from vllm.tokenizers import cached_tokenizer_from_config
from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

from app.core.paths import Home, find_home
from app.ipc.inference import HOST_FIELD
from app.runner.engine.engine_voices import EngineLine, EngineVoices

log = logging.getLogger("vllm.mynah")

Choose = Callable[[list[int], torch.Tensor], torch.Tensor]


class MynahVoices(AdapterLogitsProcessor):
    """Chooses the tokens of the requests that bring a voice, and of no others."""

    def __init__(
        self, vllm_config: VllmConfig, device: torch.device, is_pin_memory: bool
    ) -> None:
        """Open the home of `MYNAH_HOME`, and tell the bot of the model's tokenizer."""
        super().__init__(vllm_config, device, is_pin_memory)
        self._voices: EngineVoices | None = None
        home = find_home(None, os.environ)
        if not home.root.is_dir():
            log.warning("Mynah has no home in %s; set MYNAH_HOME.", home.root)
            return
        try:
            self._voices = _opened(vllm_config.model_config, home)
        # Whatever its model lacks, vLLM goes on without voices.
        except Exception:  # noqa: BLE001
            log.warning("vLLM writes without voices", exc_info=True)

    def is_argmax_invariant(self) -> bool:
        """Return False: the voice may want another token than the model."""
        return False

    def new_req_logits_processor(self, params: SamplingParams) -> Choose | None:
        """Return the choice of a request's tokens; None leaves it to the model."""
        words = (params.extra_args or {}).get(HOST_FIELD)
        if words is None or self._voices is None:
            return None
        try:
            line = self._voices.begin(words)
        # Nobody's request may end the engine.
        except Exception:
            log.exception("a reply is written without the voice")
            return None
        return _chosen_by(line) if line else None


def _opened(model: ModelConfig, home: Home) -> EngineVoices:
    tokenizer = cached_tokenizer_from_config(model)
    ends = model.try_get_generation_config().get("eos_token_id")
    ends = ends if isinstance(ends, list) else [ends]
    known = {*ends, tokenizer.eos_token_id} - {None}
    voices = EngineVoices(home, tokenizer.backend_tokenizer.to_str(), known)
    names = model.served_model_name
    voices.publish([names] if isinstance(names, str) else names)
    log.info("Mynah's voices are in %s.", home.guilds)
    return voices


def _chosen_by(line: EngineLine) -> Choose:
    has_failed = False

    def choose(output: list[int], logits: torch.Tensor) -> torch.Tensor:
        nonlocal has_failed
        if has_failed:
            return logits
        try:
            token = line.choose(logits.float().cpu().numpy(), output)
        # An error here would end the engine, and with it everybody's replies.
        except Exception:
            has_failed = True
            log.exception("the rest of a reply is written without the voice")
            return logits
        logits.fill_(float("-inf"))
        logits[token] = 0.0
        return logits

    return choose
