"""How fast this machine reads prompts and writes tokens, measured while it works."""

HALF_LIFE_TOKENS = {"prompt": 400.0, "decode": 60.0}
"""After so many more tokens an old measurement counts half."""


class Meter:
    """Tokens a second, the recent ones counting most."""

    def __init__(self, half_life: float) -> None:
        self._half_life = half_life
        self._tokens = 0.0
        self._seconds = 0.0

    def add(self, tokens: int, seconds: float) -> None:
        """Note that so many tokens took so long."""
        fade = 0.5 ** (tokens / self._half_life)
        self._tokens = self._tokens * fade + tokens
        self._seconds = self._seconds * fade + seconds

    @property
    def rate(self) -> float:
        """Tokens a second; 0 before anything was measured."""
        return self._tokens / self._seconds if self._seconds else 0.0


class Speeds:
    """The two speeds of a model."""

    def __init__(self) -> None:
        self._prompt = Meter(HALF_LIFE_TOKENS["prompt"])
        self._decode = Meter(HALF_LIFE_TOKENS["decode"])

    def note(self, prompt_tokens: int, decode_tokens: int, seconds: float) -> None:
        """Note one decode call; one with a few tokens of both kinds says little."""
        if decode_tokens == 0 and prompt_tokens >= 8:
            self._prompt.add(prompt_tokens, seconds)
        elif prompt_tokens == 0 and decode_tokens == 1:
            self._decode.add(1, seconds)

    @property
    def prompt(self) -> float:
        """Prompt tokens a second."""
        return self._prompt.rate

    @property
    def decode(self) -> float:
        """Tokens a second that one conversation alone is written with."""
        return self._decode.rate
