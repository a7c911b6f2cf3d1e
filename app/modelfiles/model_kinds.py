"""Kinds of GGUF files that are not a language model, or not a whole one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.modelfiles.gguf_header import GgufError, Header, cached

ARCHITECTURES = frozenset(
    "afmoe apertus arcee arctic arwkv7 baichuan bailingmoe bailingmoe2 bailingmoe3 "
    "bert bitnet bloom chameleon chatglm codeshell cogvlm cohere2 cohere2moe "
    "command-r dbrx deci deepseek deepseek2 deepseek2-ocr deepseek32 deepseek4 "
    "dflash dots1 dots3note dream eagle3 ernie4_5 ernie4_5-moe eurobert exaone "
    "exaone-moe exaone4 falcon falcon-h1 gemma gemma-embedding gemma2 gemma3 gemma3n "
    "gemma4 gemma4-assistant glm-dsa glm4 glm4moe gpt-oss gpt2 gptj gptneox granite "
    "granite_swa granitehybrid granitemoe graniteswitch grok grovemoe hrm_text "
    "hunyuan-dense hunyuan-moe hunyuan_vl hy_v3 hy_v4 internlm2 jais jais2 jamba "
    "jina-bert-v2 jina-bert-v3 kimi-linear laguna lfm2 lfm2moe llada llada-moe llama "
    "llama-embed llama4 maincoder mamba mamba2 maple mimo2 minicpm minicpm3 "
    "minimax-01 minimax-m2 minimax-m3 mistral3 mistral4 modern-bert mpt muse-glimmer "
    "nemotron nemotron_h nemotron_h_moe neo-bert nomic-bert nomic-bert-moe olmo "
    "olmo2 olmoe openelm orion paddleocr pangu-embedded phi2 phi3 phimoe plamo "
    "plamo2 plamo3 plm qwen qwen2 qwen2moe qwen2vl qwen3 qwen35 qwen35moe qwen3moe "
    "qwen3next qwen3vl qwen3vlmoe qwen4exp refact rnd1 rwkv6 rwkv6qwen2 rwkv7 "
    "seed_oss smallthinker smollm3 spark2_5 stablelm starcoder starcoder2 step35 t5 "
    "t5encoder wavtokenizer-dec xverse".split()
)
"""The architectures that the llama.cpp of this version reads."""

_SHARD = re.compile(r"\A(.{1,200})-(\d{5})-of-(\d{5})(\.gguf)\Z")
_PART = re.compile(r"\.(?:part\d{0,5}|partial|crdownload|download|incomplete|tmp)\Z")
_PIECE = re.compile(
    r"\.gguf[.-](?:part[.-]?(?:\d{1,4}of\d{1,4}|[a-z]{1,2})|split-?[a-z\d]{1,3}"
    r"|[a-z]{2}|\d{3})\Z"
)
"""The names of a file that was cut into pieces, none of which is a file by itself."""

CHOOSE = "Choose the GGUF file of a language model."


def check_whole(path: Path, header: Header) -> Header:
    """Check that a file is a whole language model; return the header of all its shards.

    Raises:
        GgufError: If it is something else, or a part of it is missing.
    """
    kind = _other_kind(header)
    if kind:
        raise GgufError(f"{path.name} is {kind}, not a language model.", CHOOSE)
    if header.architecture not in ARCHITECTURES:
        raise GgufError(
            f"{path.name} has the architecture {header.architecture[:40]!r}, which this"
            " version cannot load.",
            "Choose another model, or update Mynah.",
        )
    shards = [header, *map(cached, _other_shards(path, header))]
    tensors = {name: size for one in shards for name, size in one.tensors.items()}
    missing = _missing(header, set(tensors))
    if missing:
        raise GgufError(
            f"{path.name} is incomplete: it has no {missing}.", "Fetch the model again."
        )
    return replace(
        header,
        tensors=tensors,
        tensor_bytes=sum(one.tensor_bytes for one in shards),
        repacked_bytes=sum(one.repacked_bytes for one in shards),
    )


def check_name(path: Path) -> None:
    """Reject the file of an unfinished download, and one piece of a file.

    Raises:
        GgufError: If its name says so.
    """
    if _PIECE.search(path.name.lower()):
        raise GgufError(
            f"{path.name} is one piece of a model that was cut up.",
            "Join all pieces in their order (`cat PIECES > MODEL.gguf`, or on Windows"
            " `copy /b A+B MODEL.gguf`), and choose the whole file.",
        )
    if _PART.search(path.name.lower()):
        raise GgufError(
            f"{path.name} is part of a download.",
            "Finish it, or fetch the model again.",
        )


def _other_kind(header: Header) -> str:
    """Return what a file is instead of a language model; empty if it is one."""
    kind = str(header.metadata.get("general.type", "model"))
    named = {
        "adapter": "a LoRA adapter",
        "mmproj": "a projector for pictures",
        "imatrix": "an importance matrix",
        "vocab": "a vocabulary",
    }
    if kind in named:
        return named[kind]
    if is_projector(header):
        return "a projector for pictures"
    if not header.tensors and not header.number("split.count"):
        return "" if _shards(header) > 1 else "a vocabulary alone"
    return ""


def is_projector(header: Header) -> bool:
    """Tell if a file turns pictures into what a language model reads."""
    return header.architecture == "clip" or any(
        name.startswith(("v.blk.", "mm.")) for name in header.tensors
    )


def _shards(header: Header) -> int:
    count = header.metadata.get("split.count", 1)
    return count if isinstance(count, int) else 1


def _other_shards(path: Path, header: Header) -> Iterator[Path]:
    """Yield the other files of a model that is split.

    Raises:
        GgufError: If one is missing, or this is not the first.
    """
    count, number = _shards(header), header.metadata.get("split.no", 0)
    if count <= 1:
        return
    found = _SHARD.match(path.name)
    if found is None or int(found[3]) != count:
        raise GgufError(
            f"{path.name} is one of {count} files, and its name does not say which.",
            "Rename the files to the names that they were published under.",
        )
    if number != 0:
        first = f"{found[1]}-00001-of-{found[3]}{found[4]}"
        raise GgufError(
            f"{path.name} is not the first of its {count} files.", f"Choose {first}."
        )
    for other in range(2, count + 1):
        shard = path.with_name(f"{found[1]}-{other:05}-of-{found[3]}{found[4]}")
        if not shard.is_file():
            raise GgufError(f"{shard.name} is missing.", f"Fetch all {count} files.")
        yield shard


def _missing(header: Header, tensors: set[str]) -> str:
    """Return the name of a tensor that every model has and this one lacks."""
    if "token_embd.weight" not in tensors:
        return "token_embd.weight"
    prefixes = {name.split(".", 2)[1] for name in tensors if name.startswith("blk.")}
    for block in range(header.number("block_count")):
        if str(block) not in prefixes:
            return f"tensor of layer {block} (blk.{block})"
    return ""
