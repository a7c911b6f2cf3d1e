from tests.storm import blow, check


async def test_in_a_storm_every_message_gets_one_reply_and_the_ledger_adds_up(home):
    storm = await blow(home, messages=200, count=20, a_second=20)
    check(storm)
    assert len(storm.faults) > 15
    assert {"openai", "markov"} <= set(storm.providers)
