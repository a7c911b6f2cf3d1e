"""The tokens of a text, estimated where no tokenizer is at hand."""


def estimate_tokens(text: str) -> int:
    """Guess cautiously: three and a half ASCII letters make a token.

    Small models know other scripts and emoji hardly better than as bytes, so one and a
    half of those characters make a token.
    """
    size = len(text.encode("utf-8", "replace"))
    ascii_size = sum(map(str.isascii, text))
    return -(-ascii_size * 2 // 7) - (-(size - ascii_size) * 2 // 3)
