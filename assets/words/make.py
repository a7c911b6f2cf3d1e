"""Makes the list of common words: `python make.py common-words.json.gz`.

Needs the package wordfreq 3.1.1, and nothing else of Mynah does.
"""

import gzip
import json
import sys
from pathlib import Path

import wordfreq

WORDS = 5000
"""The most words of a language."""


def main(target: Path) -> None:
    """Write every language's words, in rows of equally rare ones."""
    made = {}
    for language in sorted(wordfreq.available_languages("small")):
        rows, left = [], WORDS
        for rare, words in enumerate(wordfreq.get_frequency_list(language, "small")):
            if words and left:
                rows.append([rare, " ".join(words[:left])])
                left -= len(words[:left])
        made[language] = rows
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    # No time in the header: the same words give the same file.
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
