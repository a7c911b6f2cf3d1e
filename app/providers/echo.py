"""A provider that repeats its input: for tests, and as the smallest example of one."""

from collections.abc import AsyncGenerator

from app.providers.base import Completion, Prompt


class EchoProvider:
    """Repeats the last turn, word by word."""

    name = "echo"

    def unavailable(self, prompt: Prompt) -> str | None:
        """Return a reason only for an empty conversation, which has no echo."""
        return None if prompt.turns else "nobody said anything"

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield each word with the space before it, then the whole."""
        words = prompt.turns[-1].text.split()[: prompt.max_words]
        for place, word in enumerate(words):
            yield f" {word}" if place else word
        yield Completion(" ".join(words), completion_tokens=len(words))

    async def close(self) -> None:
        """Do nothing, since nothing is held."""
