"""Writes a model of Supertonic with random weights, of any size and really loaded.

Inputs, outputs and rates are those of supertonic-3; its sound is noise.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE, CHUNK, FACTOR, LATENT = 44_100, 512, 6, 24
LETTERS = "".join(chr(number) for number in range(32, 127)) + "\u0301\u0308ß"
SECONDS_A_LETTER = 0.065
"""The speed of the real one: fifteen words take some six seconds."""

STYLES = {"style_ttl": (1, 50, 256), "style_dp": (1, 8, 16)}
TEXT = 256

Shape = Sequence[str | int]


def write(
    folder: Path,
    *,
    width: int = 16,
    estimator: int = 1,
    vocoder: int = 1,
    seconds_a_letter: float = SECONDS_A_LETTER,
) -> Path:
    """Write it; `estimator` and `vocoder` are the blocks of both."""
    for name in ("onnx", "voice_styles"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    auto = {"sample_rate": RATE, "base_chunk_size": CHUNK}
    told = {"ae": auto, "ttl": {"chunk_compress_factor": FACTOR, "latent_dim": LATENT}}
    (folder / "onnx" / "tts.json").write_text(json.dumps(told))
    places = [LETTERS.find(chr(number)) for number in range(0x400)]
    (folder / "onnx" / "unicode_indexer.json").write_text(json.dumps(places))
    rng = np.random.default_rng(5)
    for timbre in ("F1", "M3"):
        style = {
            name: {"dims": dims, "data": rng.normal(size=dims).tolist()}
            for name, dims in STYLES.items()
        }
        (folder / "voice_styles" / f"{timbre}.json").write_text(json.dumps(style))
    _duration(folder, seconds_a_letter)
    _text(folder, rng)
    _estimator(folder, rng, width, estimator)
    _vocoder(folder, rng, width, vocoder)
    return folder


class Graph:
    """The nodes and weights of one file."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"x{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def weight(self, numbers: np.ndarray) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(numbers, name))
        return name

    def conv(self, x: str, wide: int, to: int) -> str:
        shape = (to, wide, 1)
        numbers = self._rng.normal(0, wide**-0.5, shape).astype(np.float32)
        return self.node("Conv", x, self.weight(numbers))

    def blocks(self, x: str, wide: int, width: int, count: int, to: int) -> str:
        x = self.conv(x, wide, width)
        for _ in range(count):
            inner = self.node("Tanh", self.conv(x, width, 4 * width))
            x = self.node("Add", x, self.conv(inner, 4 * width, width))
        return self.conv(x, width, to)

    def save(self, path: Path, inputs: dict[str, Shape], out: str) -> None:
        whole = {"text_ids": TensorProto.INT64}
        given = [
            helper.make_tensor_value_info(name, whole.get(name, TensorProto.FLOAT), of)
            for name, of in inputs.items()
        ]
        made = [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self._nodes, path.stem, given, made, self._weights)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        onnx.save(model, path)


READ: dict[str, Shape] = {
    "text_ids": ["b", "t"],
    "text_mask": ["b", 1, "t"],
}
DP: Shape = ["b", 8, 16]
TTL: Shape = ["b", 50, 256]


def _duration(folder: Path, seconds: float) -> None:
    graph = Graph(np.random.default_rng(1))
    axes = graph.weight(np.array([1, 2], np.int64))
    letters = graph.node("ReduceSum", "text_mask", axes, keepdims=0)
    graph.node(
        "Mul", letters, graph.weight(np.array([seconds], np.float32)), out="duration"
    )
    graph.save(
        folder / "onnx/duration_predictor.onnx", READ | {"style_dp": DP}, "duration"
    )


def _text(folder: Path, rng: np.random.Generator) -> None:
    graph = Graph(rng)
    table = graph.weight(rng.normal(size=(len(LETTERS), TEXT)).astype(np.float32))
    read = graph.node("Gather", table, "text_ids")
    turned = graph.node("Transpose", read, perm=[0, 2, 1])
    graph.node("Mul", turned, "text_mask", out="text_emb")
    graph.save(folder / "onnx/text_encoder.onnx", READ | {"style_ttl": TTL}, "text_emb")


def _estimator(folder: Path, rng: np.random.Generator, width: int, count: int) -> None:
    graph, wide = Graph(rng), LATENT * FACTOR
    said = graph.node("ReduceMean", "text_emb", axes=[2], keepdims=1)
    x = graph.node("Add", "noisy_latent", graph.conv(said, TEXT, wide))
    x = graph.blocks(x, wide, width, count, wide)
    graph.node("Mul", x, "latent_mask", out="denoised_latent")
    inputs: dict[str, Shape] = {
        "noisy_latent": ["b", wide, "l"],
        "text_emb": ["b", TEXT, "t"],
        "style_ttl": TTL,
        "latent_mask": ["b", 1, "l"],
        "text_mask": ["b", 1, "t"],
        "current_step": ["b"],
        "total_step": ["b"],
    }
    graph.save(folder / "onnx/vector_estimator.onnx", inputs, "denoised_latent")


def _vocoder(folder: Path, rng: np.random.Generator, width: int, count: int) -> None:
    graph = Graph(rng)
    shape = graph.weight(np.array([0, LATENT, -1], np.int64))
    x = graph.node("Reshape", "latent", shape)
    x = graph.node("Tanh", graph.blocks(x, LATENT, width, count, CHUNK))
    x = graph.node("Transpose", x, perm=[0, 2, 1])
    flat = graph.weight(np.array([0, -1], np.int64))
    graph.node("Reshape", x, flat, out="wav_tts")
    inputs: dict[str, Shape] = {"latent": ["b", LATENT * FACTOR, "l"]}
    graph.save(folder / "onnx/vocoder.onnx", inputs, "wav_tts")
