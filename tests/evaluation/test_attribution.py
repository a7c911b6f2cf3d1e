from random import Random

from app.evaluation.attribution import Classifier

PIRATES = ["arr matey, where be the rum", "hoist the sails ye dogs", "arr, aye aye"] * 9
COOKS = ["whisk the eggs until fluffy", "simmer for an hour", "add a pinch of salt"] * 9


def test_a_line_is_attributed_to_the_guild_it_sounds_like():
    texts = {"pirates": PIRATES, "cooks": COOKS}
    classifier = Classifier.train(texts, Random(1))
    lines = ["arr, the sails be torn", "whisk the salt for an hour"]
    assert classifier.attribute(lines) == ["pirates", "cooks"]
