import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.voice.word_tokenizer import fold, join, split

TEXTS = [
    "",
    " ",
    "hello",
    "hello, world!  two spaces",
    " leading and trailing ",
    "line\none\r\n\r\n\tcode(x) {\n    return 1;\n}\n",
    "```py\ndef f(a, b):\n    return a <b> c\n```",
    "https://example.org/a?b=c&d=%20#e <https://example.org>",
    "<:pog:123><:pog:123> <a:wave:9>hi<:x:1>",
    "lol😂😂 👩‍👩‍👧‍👦 🇩🇪 ❤️",
    "日本語のテキストです。カタカナ、ひらがな！",
    "我用Python写 code 你好 世界",
    "שלום עולם, مرحبا بالعالم! ‏RTL‏",
    "zero\u200bwidth no\u00a0break \u3000 ideographic",
    "<@123> <#5> <:notanemoji> <::1>",
    "nul\x00 and \ud800 surrogate",
    "한국어 문장입니다 ㅋㅋㅋ",
    "วันนี้อากาศดีมาก เลยอยากไปเที่ยวทะเลกับ Anna555 ๆ",
    "ຂ້ອຍຢາກກິນເຂົ້າ",
    "ខ្ញុំចង់ទៅផ្សារ។",
    "ကျွန်တော်မြန်မာစာလေ့လာနေတယ်။",
]


@pytest.mark.parametrize("text", TEXTS)
def test_words_join_back_to_the_text(text: str):
    assert join(split(text)) == text


alphabet = st.sampled_from(
    [*" \n\t<>:a1", "b", "é", "漢", "字", "か", "カ", "。", "😂", *"ทะเล", *"ខ្ញុំ"]
)
pieces = st.sampled_from(["<:x:1>", "<a:yz:22>", "  ", "https://a.b/c", "مرحبا"])


@given(st.one_of(st.text(), st.lists(alphabet | pieces).map("".join)))
def test_any_text_joins_back(text: str):
    assert join(split(text)) == text


def test_no_word_hides_another():
    for text in TEXTS:
        assert all(split(word) == [word] for word in split(text) if word)


def test_unspaced_scripts_and_emoji_are_words_of_their_own():
    assert split("<:x:1><:x:1> hi") == ["<:x:1>", "<:x:1>", "hi"]
    assert split("日本語です") == ["日", "本", "語", "です"]
    assert split("ok漢字") == ["ok", "", "漢", "字"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("อยากไปเที่ยวทะเล", ["อยาก", "ไป", "เที่ยว", "ทะเล"]),
        ("ຂ້ອຍຮັກພາສາລາວ", ["ຂ້ອຍ", "ຮັກ", "ພາສາ", "ລາວ"]),
        ("ខ្ញុំស្រលាញ់ភាសាខ្មែរ", ["ខ្ញុំ", "ស្រលាញ់", "ភាសាខ្មែរ"]),
        ("မြန်မာစာလေ့လာနေတယ်", ["မြန်မာ", "စာ", "လေ့လာ", "နေ", "တယ်"]),
    ],
)
def test_scripts_that_need_a_dictionary_are_cut_into_words(
    text: str, words: list[str]
) -> None:
    assert split(text) == words


def test_folding_drops_case_and_outer_punctuation_only():
    assert fold("“Hello!”") == "hello"
    assert fold("Don't") == "don't"
    assert fold("Straße") == fold("STRASSE")
    assert fold("...") == "..."
