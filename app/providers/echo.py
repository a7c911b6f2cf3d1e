"""A provider that says what it hears: for tests, and as the smallest example of one."""

from collections.abc import AsyncGenerator

from app.providers.base import Completion, Prompt


class EchoProvider:
    """Writes the last turn back, word by word."""

    name = "echo"

    def unavailable(self, prompt: Prompt) -> str | None:
        """Only an empty conversation has no echo."""
        return None if prompt.turns else "nobody said anything"

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield each word with the space before it, then the whole."""
        words = prompt.turns[-1].text.split()[: prompt.max_words]
        for place, word in enumerate(words):
            yield f" {word}" if place else word
        yield Completion(" ".join(words), completion_tokens=len(words))

    async def close(self) -> None:
        """Nothing is held."""
