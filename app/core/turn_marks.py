"""The marks between turns in chat templates, and those of well-known templates."""

from dataclasses import dataclass

MOST_TEMPLATE = 100_000
"""The most characters of a template that is read."""


@dataclass(frozen=True)
class TurnMarks:
    """The texts between the turns of a conversation, in special tokens.

    Only these are read as special tokens; whatever people wrote stays plain text.
    """

    start: str
    """Before the rules for the bot."""
    system_end: str
    """Between the rules and a person's turn."""
    user_end: str
    """Between a person's turn and the bot's."""
    bot_end: str
    """Between the bot's turn and a person's."""
    ask: str
    """After the last person's turn; the bot's follows."""


_KNOWN = (
    (
        "<|im_start|>",
        TurnMarks(
            "<|im_start|>system\n",
            "<|im_end|>\n<|im_start|>user\n",
            "<|im_end|>\n<|im_start|>assistant\n",
            "<|im_end|>\n<|im_start|>user\n",
            "<|im_end|>\n<|im_start|>assistant\n",
        ),
    ),
    (
        "<start_of_turn>",
        TurnMarks(
            "<start_of_turn>user\n",
            "\n\n",
            "<end_of_turn>\n<start_of_turn>model\n",
            "<end_of_turn>\n<start_of_turn>user\n",
            "<end_of_turn>\n<start_of_turn>model\n",
        ),
    ),
    (
        "<|start_header_id|>",
        TurnMarks(
            "<|start_header_id|>system<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
    ),
    (
        "<|end|>",
        TurnMarks(
            "<|system|>\n",
            "<|end|>\n<|user|>\n",
            "<|end|>\n<|assistant|>\n",
            "<|end|>\n<|user|>\n",
            "<|end|>\n<|assistant|>\n",
        ),
    ),
    (
        "[INST]",
        TurnMarks("[INST] ", "\n\n", " [/INST] ", "</s>[INST] ", " [/INST] "),
    ),
)
"""By a text in the template: ChatML, Gemma, Llama 3, Phi, Mistral.

From the models' own templates. Gemma and Mistral have no role for rules, which come
before the first person's words there.
"""


def known(template: str) -> TurnMarks | None:
    """Return the marks of a well-known template, None of any other."""
    return next((marks for sign, marks in _KNOWN if sign in template), None)
