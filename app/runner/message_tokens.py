"""Messages as tokens of a model, as they appear in the chat log."""

from collections.abc import Sequence
from functools import lru_cache

from app.runner.token_table import TokenTable
from app.voice.conversation_cache import ConversationCache

_NAME_END = ":"


def message_tokens(model: TokenTable, text: str) -> list[int]:
    """Return the tokens of a message after `name:`, without the line's end.

    White space of any kind is one blank, since a chat log has a line a message.

    Some tokenizers put their own blank before a text, so these are the tokens left
    after those of a leading colon.
    """
    words = text.split()
    if not words:
        return []
    head = model.tokens(_NAME_END)
    return model.tokens(f"{_NAME_END} {' '.join(words)}")[len(head) :]


def messages_tokens(model: TokenTable, texts: Sequence[str]) -> list[list[int]]:
    """Return `message_tokens` of each text, five times as fast.

    Tokenizes all texts as one chat log and splits it at the line breaks. If a tokenizer
    merges line breaks with their neighbors, it tokenizes each text alone.
    """
    lines = [" ".join(text.split()) for text in texts]
    end, colon = end_token(model), model.tokens(f"\n{_NAME_END}")[-1]
    log = "".join(f"\n{_NAME_END} {line}" for line in lines if line)
    found: list[list[int]] = []
    for token in model.tokens(log):
        if token == end:
            found.append([])
        elif found:
            found[-1].append(token)
    written = sum(map(bool, lines))
    if len(found) != written or any(line[:1] != [colon] for line in found):
        return [message_tokens(model, line) for line in lines]
    split = iter(found)
    return [next(split)[1:] if line else [] for line in lines]


def said_in(
    model: TokenTable, prompt: Sequence[int], recent: Sequence[str] = ()
) -> ConversationCache:
    """Return the messages of a chat log whose last line is still empty.

    A line without a colon, such as a heading, belongs to nobody.

    Args:
        recent: The texts of messages before those of the log, oldest first.
    """
    end, colon = end_token(model), model.tokens(f"\n{_NAME_END}")[-1]
    lines: list[list[int]] = [[]]
    for token in prompt:
        if token == end:
            lines.append([])
        else:
            lines[-1].append(token)
    texts = [line[line.index(colon) + 1 :] for line in lines[:-1] if colon in line]
    every = [*_tokens_of(model, tuple(recent)), *texts]
    return ConversationCache((text for text in every if text), end)


@lru_cache(maxsize=1)
def _tokens_of(model: TokenTable, texts: tuple[str, ...]) -> list[list[int]]:
    # The tries of one reply have the same.
    return messages_tokens(model, texts)


def end_token(model: TokenTable) -> int:
    """Return the token that ends a message: the line break."""
    return model.tokens("\n")[-1]
