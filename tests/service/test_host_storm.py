import os

from tests.host_storm import blow, check

A_SECOND = 4 if os.name == "nt" else 20
"""The messages, of which a busy wine must bring enough to the hosts in time."""


async def test_over_three_hosts_each_message_gets_one_reply_and_the_books_agree(home):
    storm = await blow(home, messages=80, a_second=A_SECOND)
    check(storm)
    assert len(storm.faults) > 10
    assert {"near", "far", "third", "markov"} <= set(storm.providers)
    assert len(storm.closed) == 10
