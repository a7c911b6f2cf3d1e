"""The estimate of a text's tokens."""

from app.core.token_estimate import estimate_tokens


def test_the_estimate_counts_bytes():
    assert estimate_tokens("abcdefg") == 2
    assert estimate_tokens("日本語") == 6
    assert estimate_tokens("👍") == 3
    assert estimate_tokens("") == 0
