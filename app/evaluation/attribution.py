"""Tells which guild a line sounds like, with a classifier of its characters."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from app.core.errors import AppError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

LONGEST = 4
"""Characters of an n-gram."""


class Classifier:
    """A classifier of guilds by the character n-grams of single messages."""

    def __init__(self, pipeline: "Pipeline") -> None:
        self._pipeline = pipeline

    @classmethod
    def train(cls, texts: Mapping[str, Sequence[str]], rng: Random) -> "Classifier":
        """Train on an equal number of messages from each guild.

        Fits a logistic regression over tf-idf of n-grams of 1 to `LONGEST` characters.

        Raises:
            AppError: If scikit-learn is not installed.
        """
        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
            from sklearn.linear_model import SGDClassifier
            from sklearn.pipeline import make_pipeline
        except ImportError as error:
            raise AppError(
                "The classifier needs scikit-learn.",
                "In a checkout, run `.venv/bin/pip install -e '.[bench]'`.",
            ) from error
        size = min(map(len, texts.values()))
        pairs = [
            (text, name)
            for name, own in texts.items()
            for text in rng.sample(list(own), size)
        ]
        rng.shuffle(pairs)
        pipeline = make_pipeline(
            TfidfVectorizer(
                analyzer="char",
                ngram_range=(1, LONGEST),
                lowercase=False,
                min_df=3,
                sublinear_tf=True,
            ),
            SGDClassifier(loss="log_loss", alpha=1e-6, random_state=0),
        )
        pipeline.fit([text for text, _ in pairs], [name for _, name in pairs])
        return cls(pipeline)

    def attribute(self, texts: Sequence[str]) -> list[str]:
        """Return the most likely guild for each text."""
        return [str(name) for name in self._pipeline.predict(list(texts))]
