"""Markdown as plain lines."""

import pytest

from app.core.guides import all_guides
from app.core.plain_markdown import Line, render


def texts(markdown: str, width: int = 40) -> list[str]:
    return [line.text for line in render(markdown, width)]


def test_a_heading_stands_out_without_colours():
    assert render("# Models\n\n## Choose\n", 40) == [
        Line("Models", "title"),
        Line("======", "rule"),
        Line(""),
        Line("Choose", "title"),
        Line("------", "rule"),
    ]


def test_a_paragraph_is_reflowed_and_a_list_item_keeps_its_indent():
    long = "- one two three four five\n  six seven\n- eight"
    assert texts(long, 16) == [
        "- one two three",
        "  four five six",
        "  seven",
        "- eight",
    ]
    assert texts("1. one two three\n2. four", 10) == [
        "1. one two", "   three", "2. four",
    ]  # fmt: skip


def test_code_is_indented_and_left_as_it_is():
    code = "```sh\n# no title\n<!-- no comment -->\n\n| no table |  *x*\n```"
    assert texts(code, 12) == [
        "    # no title", "    <!-- no comment -->", "", "    | no table |  *x*",
    ]  # fmt: skip


def test_a_comment_is_not_shown():
    assert texts("one\n\n<!-- generated: x -->\n\ntwo") == ["one", "", "two"]


def test_marks_of_emphasis_go_and_those_of_code_stay():
    assert texts("**bold** *soft* `a*b*c` 2*3*4") == ["bold soft `a*b*c` 2*3*4"]


def test_links_show_where_they_lead():
    assert texts("[site](https://a.example)", 60) == ["site (https://a.example)"]
    assert texts("<https://a.example>", 60) == ["https://a.example"]
    assert texts("[files](files.md)", 60) == ["files (`mynah help files`)"]


def test_columns_are_aligned_and_numbers_stand_to_the_right():
    table = "| what | ms |\n|---|--:|\n| `a\\|b` | 1 |\n| long name | 1,234 |"
    assert texts(table) == [
        "what          ms",
        "---------  -----",
        "`a|b`          1",
        "long name  1,234",
    ]


def test_the_widest_column_is_wrapped_where_a_table_has_no_room():
    table = f"| key | says |\n|---|---|\n| a | {'word ' * 9}|"
    assert texts(table, 30) == [
        "key  says",
        "---  -------------------------",
        "a    word word word word word",
        "     word word word word",
    ]


def test_a_table_of_wide_columns_becomes_a_list():
    table = f"| key | default | says |\n|---|---|---|\n| {'k' * 20} | {'d' * 9} | why |"
    assert texts(table, 24) == ["k" * 20, "    default: ddddddddd", "    why"]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("guide", all_guides(), ids=lambda guide: guide.topic)
def test_no_words_of_a_guide_are_lost_or_too_wide(guide, width):
    lines = render(guide.text, width)
    for line in lines:
        if line.kind == "text" and " " in line.text.strip():
            assert len(line.text) <= max(
                width, len(max(line.text.split(), key=len)) + 6
            )
    shown = " ".join(line.text for line in lines)
    for word in ("**", "](", "<!--", "```"):
        assert word not in shown.replace("<!-- launchd", "").replace("<!-- Windows", "")
