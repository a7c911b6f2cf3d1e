"""The part of vLLM that a plug-in for logits meets, by the rules of vLLM 0.32.0.

- `AdapterLogitsProcessor` of vllm/v1/sample/logits_processor/__init__.py: a processor
  of one request gets the list of its output, which grows later, and its row of the
  logits; a row that it returns in place of the given one is copied there.
- `process_dict_updates` of builtin.py: first what was added, then what was removed,
  then what was moved; what is added or moved takes the place of what was there.
- `BatchUpdate` of interface.py is frozen.
- `ChatCompletionRequest.vllm_xargs` of entrypoints/openai/chat_completion/protocol.py:
  texts, numbers and lists of them; they become `SamplingParams.extra_args`.
- `_load_logitsprocs_plugins`: an entry point that cannot be loaded ends the engine.
"""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

PLUGIN = Path(__file__).parents[1] / "assets" / "vllm" / "mynah_vllm.py"

Array = npt.NDArray[np.float32]
Number = float


class Tensor:
    """What a plug-in may do with a tensor; rows are views."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def __getitem__(self, row: int) -> "Tensor":
        return Tensor(self.array[row])

    def __setitem__(self, place: int, value: "Number | Tensor") -> None:
        self.array[place] = value.array if isinstance(value, Tensor) else value

    def float(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> Array:
        return self.array

    def fill_(self, value: "Number") -> "Tensor":
        self.array.fill(value)
        return self


class MoveDirectionality(Enum):
    UNIDIRECTIONAL = auto()
    SWAP = auto()


@dataclass
class SamplingParams:
    extra_args: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        for value in (self.extra_args or {}).values():
            plain = value if isinstance(value, list) else [value]
            assert all(isinstance(one, str | int | float) for one in plain)


Added = tuple[int, SamplingParams, list[int] | None, list[int]]
Moved = tuple[int, int, MoveDirectionality]


@dataclass(frozen=True)
class BatchUpdate:
    batch_size: int
    removed: Sequence[int] = ()
    added: Sequence[Added] = ()
    moved: Sequence[Moved] = ()


class AdapterLogitsProcessor:
    def __init__(self, vllm_config: object, device: object, is_pin_memory: bool):
        self.req_info: dict[int, Callable[[Tensor], Tensor]] = {}

    def new_req_logits_processor(self, params: SamplingParams) -> Any:
        raise NotImplementedError

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        if not batch_update:
            return
        info = self.req_info
        for row, params, prompt, output in batch_update.added:
            info.pop(row, None)
            if one := self.new_req_logits_processor(params):
                takes_prompt = len(inspect.signature(one).parameters) == 3
                lists = (prompt, output) if takes_prompt else (output,)
                info[row] = partial(one, *lists)
        for row in batch_update.removed:
            info.pop(row, None)
        for source, target, direction in batch_update.moved:
            moved, there = info.pop(source, None), info.pop(target, None)
            if moved is not None:
                info[target] = moved
            if there is not None and direction == MoveDirectionality.SWAP:
                info[source] = there

    def apply(self, logits: Tensor) -> Tensor:
        for row, one in self.req_info.items():
            given = logits[row]
            new = one(given)
            if new is not given:
                logits[row] = new
        return logits


@dataclass
class ModelConfig:
    """The model that vLLM serves, of which a plug-in may ask these."""

    tokenizer: str
    eos: int | list[int] | None
    served_model_name: str | list[str] = "m"

    def try_get_generation_config(self) -> dict[str, Any]:
        return {} if self.eos is None else {"eos_token_id": self.eos}


@dataclass
class VllmConfig:
    model_config: ModelConfig


class _Tokenizer:
    def __init__(self, words: str) -> None:
        self.eos_token_id = None
        self.backend_tokenizer = self
        self.to_str = lambda: words


@contextmanager
def plugin(patch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Load the plug-in as vLLM would, with this in the place of vLLM and torch."""
    parts: dict[str, dict[str, object]] = {
        "torch": {"Tensor": Tensor, "device": object},
        "vllm": {"SamplingParams": SamplingParams},
        "vllm.config": {"ModelConfig": ModelConfig, "VllmConfig": VllmConfig},
        "vllm.tokenizers": {
            "cached_tokenizer_from_config": lambda model: _Tokenizer(model.tokenizer)
        },
        "vllm.v1": {},
        "vllm.v1.sample": {},
        "vllm.v1.sample.logits_processor": {
            "AdapterLogitsProcessor": AdapterLogitsProcessor
        },
    }
    with patch.context() as patched:
        for name, members in parts.items():
            module = ModuleType(name)
            vars(module).update(members)
            patched.setitem(sys.modules, name, module)
        spec = importlib.util.spec_from_file_location("mynah_vllm", PLUGIN)
        assert spec and spec.loader
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        yield found


@dataclass
class Engine:
    """A batch of requests, decoded row by row; the likeliest token is taken."""

    processor: Any
    logits: Callable[[int], Array]
    """The model's logits for a row of the batch."""
    outputs: list[list[int]] = field(default_factory=list)

    def add(self, *params: SamplingParams) -> None:
        first = len(self.outputs)
        self.outputs += [[] for _ in params]
        added = [
            (first + at, one, None, self.outputs[first + at])
            for at, one in enumerate(params)
        ]
        self.processor.update_state(BatchUpdate(len(self.outputs), added=added))

    def swap(self, one: int, other: int) -> None:
        rows = self.outputs
        rows[one], rows[other] = rows[other], rows[one]
        moved = [(one, other, MoveDirectionality.SWAP)]
        self.processor.update_state(BatchUpdate(len(rows), moved=moved))

    def replace(self, gone: int) -> list[int]:
        """End a request; the last one takes its row."""
        done, last = self.outputs[gone], len(self.outputs) - 1
        self.outputs[gone] = self.outputs[last]
        del self.outputs[last]
        moved = [(last, gone, MoveDirectionality.UNIDIRECTIONAL)]
        self.processor.update_state(
            BatchUpdate(last, removed=[gone], moved=moved if last != gone else ())
        )
        return done

    def step(self, *, thrown_away: Sequence[int] = ()) -> None:
        """Decode a token of each row; a prompt that is read in parts keeps none."""
        batch = np.stack([self.logits(row) for row in range(len(self.outputs))])
        chosen = self.processor.apply(Tensor(batch)).array.argmax(axis=1)
        for row, output in enumerate(self.outputs):
            if row not in thrown_away:
                output.append(int(chosen[row]))
