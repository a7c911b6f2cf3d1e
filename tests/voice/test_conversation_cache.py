from app.voice.conversation_cache import ConversationCache

END = 0


def followers(said: ConversationCache, written: list[int]) -> dict[int, dict[int, int]]:
    return {
        heard.length: dict(zip(heard.ids.tolist(), heard.counts.tolist(), strict=True))
        for heard in said.followers(written)
    }


def test_every_word_of_the_conversation_may_come_again():
    found = followers(ConversationCache([[5, 6], [5]], END), [])
    assert found[0] == {5: 2, 6: 1}


def test_what_began_lines_may_begin_this_one():
    found = followers(ConversationCache([[5, 6], [5], [7]], END), [])
    assert found[1] == {5: 2, 7: 1}


def test_what_followed_the_last_tokens_may_follow_them_again():
    found = followers(ConversationCache([[5, 6, 7], [9, 6, 8]], END), [5, 6])
    assert found[1] == {7: 1, 8: 1}
    assert found[2] == {7: 1}


def test_a_line_may_end_where_another_did():
    assert followers(ConversationCache([[5, 6]], END), [5, 6])[2] == {END: 1}


def test_the_line_that_is_written_is_part_of_the_conversation():
    assert followers(ConversationCache([], END), [4, 3, 4])[1] == {3: 1}


def test_nothing_is_followed_across_lines():
    found = followers(ConversationCache([[5, 6], [7, 8]], END), [7])
    assert found[2] == {8: 1}
    assert 3 not in found


def test_an_empty_conversation_says_nothing():
    assert followers(ConversationCache([], END), []) == {}
    assert followers(ConversationCache([], END), [4]) == {0: {4: 1}}
