"""The vocabulary of the tiny models in the form of Hugging Face's tokenizers."""

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
)

from tests.runner import tiny

END = 2
"""The token that ends a turn."""


def words() -> str:
    """A `tokenizer.json` with SentencePiece's alphabet and bytes."""
    names = tiny.vocabulary()["tokenizer.ggml.tokens"]
    ids = {name: at for at, name in enumerate(names)}
    model = models.BPE(ids, [], unk_token="<unk>", byte_fallback=True)
    found = Tokenizer(model)
    found.normalizer = normalizers.Replace(" ", "▁")
    found.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    found.add_special_tokens([AddedToken(name, special=True) for name in names[:3]])
    return str(found.to_str())


def by_bytes() -> str:
    """Another one with GPT-2's alphabet."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    ids = {letter: at for at, letter in enumerate(letters)}
    merged = "Ġh"
    found = Tokenizer(models.BPE({**ids, merged: len(ids)}, [("Ġ", "h")]))
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    found.add_special_tokens([AddedToken("<|im_end|>", special=True)])
    return str(found.to_str())
