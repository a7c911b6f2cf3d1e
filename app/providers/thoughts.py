"""Takes a reasoning model's thoughts out of its answer while it streams."""

import re

from app.providers.base import FreshStart

_TAG = re.compile(
    r"<(/?)(?:think|thinking|thoughts?|reasoning|seed:think)>"
    r"|\[(/?)THINK\]"
    r"|<\|(start|channel|message|end|return|call)\|>"
    r"|<(\|channel|channel\|)>",
    re.IGNORECASE,
)
"""Marks of DeepSeek and Qwen, of Magistral, of gpt-oss (harmony) and of Gemma."""

_BEGUN_TAG = re.compile(r"(?:<[^<>]{0,24}|\[/?[THINKthink]{0,5})\Z")

_BARE = re.compile(r"analysis(?=[A-Z])")
"""Harmony whose marks the server dropped: `analysisWe need…assistantfinalHello`."""

_BARE_END = "assistantfinal"


class Thoughts:
    """Sorts the pieces of one stream into answer and thought."""

    def __init__(self, *, begins_inside: bool = False) -> None:
        """`begins_inside` says that the prompt already opened the thought."""
        self.answer = ""
        """The answer so far, without what proved to be a thought."""
        self.thought = ""
        self.was_lone_end = False
        """A thought ended that never began, so the answer before it was none."""
        self._mode = "thought" if begins_inside else "answer"
        self._is_assumed = begins_inside
        self._is_bare = False
        self._held = ""
        self._header = ""

    def feed(self, text: str) -> str:
        """Take a piece, and return what belongs to the answer."""
        self._held += text
        shown, is_fresh = "", False
        while found := _TAG.search(self._held):
            shown += self._take(self._held[: found.start()])
            self._held = self._held[found.end() :]
            if self._turn(found):
                shown, is_fresh = "", True
        begun = _BEGUN_TAG.search(self._held)
        end = begun.start() if begun else len(self._held)
        if self._mode == "answer" and not self.answer:
            end = 0 if "analysis".startswith(self._held.strip()) else end
        ready, self._held = self._held[:end], self._held[end:]
        shown += self._take(ready)
        return FreshStart(shown) if is_fresh else shown

    def think(self, text: str) -> None:
        """Take a thought that the host told apart; the answer then holds none."""
        self.thought += text
        if self._is_assumed:
            self._mode, self._is_assumed = "answer", False

    def end(self, *, is_whole: bool) -> str:
        """Return the rest; a whole text in which no thought ended was the answer."""
        held, self._held = self._held, ""
        if self._is_assumed and is_whole:
            self._mode, self._is_assumed = "answer", False
            held, self.thought = self.thought + held, ""
        return self._take(held)

    def _turn(self, found: re.Match[str]) -> bool:
        """Change sides at a tag; return whether the answer so far was a thought."""
        closes, brackets, harmony, gemma = found.groups()
        harmony = (harmony or "").lower()
        if harmony in ("start", "channel"):
            self._mode, self._header = "header", ""
        elif harmony == "message":
            name = self._header.strip().lower()
            is_thought = name.startswith(("analysis", "commentary"))
            self._mode = "thought" if is_thought else "answer"
        elif harmony:
            self._mode = "answer"
        elif "/" in (closes, brackets) or (gemma or "").startswith("channel"):
            is_lone = self._mode == "answer" and not self.thought
            self._mode, self._is_assumed = "answer", False
            if is_lone:
                self.was_lone_end = True
                self.thought, self.answer = self.answer, ""
            return is_lone
        else:
            self._mode = "thought"
        self._is_assumed = False
        return False

    def _take(self, text: str) -> str:
        if self._mode == "header":
            self._header += text
            return ""
        if self._mode == "thought":
            self.thought += text
            return self._bare_answer() if self._is_bare else ""
        if not self.answer and _BARE.match(text.lstrip()):
            self._mode, self._is_bare = "thought", True
            return self._take(text)
        text = text if self.answer else text.lstrip()
        self.answer += text
        return text

    def _bare_answer(self) -> str:
        thought, end, answer = self.thought.partition(_BARE_END)
        if not end:
            return ""
        self.thought, self._mode, self._is_bare = thought, "answer", False
        return self._take(answer)


def answer_in(text: str) -> str:
    """Return a text that has ended without its thoughts."""
    thoughts = Thoughts()
    thoughts.feed(text)
    thoughts.end(is_whole=True)
    return thoughts.answer
