from tests.host_storm import blow, check


async def test_over_three_hosts_each_message_gets_one_reply_and_the_books_agree(home):
    storm = await blow(home, messages=80, a_second=20)
    check(storm)
    assert len(storm.faults) > 10
    assert {"near", "far", "third", "markov"} <= set(storm.providers)
    assert len(storm.closed) == 10
