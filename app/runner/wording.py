"""Messages in a model's tokens, as they stand in the chat log."""

from app.runner.llama import Model

_NAME_END = ":"


def message_tokens(model: Model, text: str) -> list[int]:
    """Return the tokens of a message after `name:`, without the line's end.

    White space of any kind is one blank, since a chat log has a line a message.

    Some tokenizers put a blank of their own before a text, so the tokens are those
    that a colon in front of it does not have.
    """
    words = text.split()
    if not words:
        return []
    head = model.tokens(_NAME_END)
    return model.tokens(f"{_NAME_END} {' '.join(words)}")[len(head) :]


def end_token(model: Model) -> int:
    """Return the token that ends a message: the line break."""
    return model.tokens("\n")[-1]
