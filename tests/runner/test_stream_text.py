"""Text that streams: whole characters, stop strings."""

from hypothesis import given
from hypothesis import strategies as st

from app.runner.stream_text import StreamText

chunks = st.lists(st.binary(max_size=4), max_size=30)


def streamed(pieces, stops):
    text = StreamText(stops)
    shown = [text.feed(piece) for piece in pieces]
    return text, shown, "".join(shown) + text.finish()


@given(st.text(max_size=40), st.lists(st.integers(1, 3), max_size=60))
def test_characters_come_out_whole_however_their_bytes_are_cut(said, sizes):
    data, pieces = said.encode("utf-8", "replace"), []
    for size in [*sizes, len(data)]:
        pieces.append(data[:size])
        data = data[size:]
    _, shown, whole = streamed(pieces, [])
    assert whole == said.encode("utf-8", "replace").decode()
    assert not any("�" in piece for piece in shown if "�" not in said)


@given(chunks, st.lists(st.sampled_from(["\n", "ab", "aab", "###"]), max_size=3))
def test_no_stop_string_nor_its_beginning_before_it_is_shown(pieces, stops):
    text, shown, whole = streamed(pieces, stops)
    everything = b"".join(pieces).decode("utf-8", "replace")
    places = [everything.find(stop) for stop in stops if stop in everything]
    assert whole == (everything[: min(places)] if places else everything)
    assert text.is_stopped == bool(places)
    assert text.text == whole


def test_what_may_begin_a_stop_string_is_held_back_until_it_is_decided():
    text = StreamText(["\nbob:"])
    assert text.feed(b"hi\nb") == "hi"
    assert text.feed(b"y") == "\nby"
    assert text.feed(b"\nbob") == ""
    assert text.feed(b": no") == ""
    assert text.is_stopped
