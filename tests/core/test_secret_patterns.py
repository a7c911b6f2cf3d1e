import re
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies

from app.chat.postprocess import neutralise
from app.core.secret_patterns import has_secret, have_secrets, redact
from app.core.secret_shapes import SHAPES
from app.service import logs

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\nabc\n-----END RSA PRIVATE KEY-----"
KINDS = {
    "discord": "M" * 24 + ".GabcdE." + "x" * 30,
    "openai": "sk-proj-0123456789abcdef",
    "github": "ghp_" + "a1B2" * 9,
    "github fine": "github_pat_" + "a1B2_" * 8,
    "aws": "AKIA" + "ABCD1234EFGH5678",
    "private key": KEY,
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "slack": "xoxb-123456789012-abcdefghij",
    "google": "AIza" + "aB3_-" * 7,
    "webhook": "https://discord.com/api/webhooks/123/abcDEF-_x",
    "bearer": "Bearer 0123456789abcdef",
    "stripe": "sk_live_0123456789abcdef",
    "gitlab": "glpat-abcdefghij0123456789",
    "hugging face": "hf_abcdefghijklmnopqrstuvwxyz012345",
    "telegram": "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "slack webhook": "https://hooks.slack.com/services/T000/B000/abcdefghijkl",
    "login in an address": "https://ann:hunter2@example.org",
    "password": "password: hunter2",
    "api key": "API_KEY=abc123def456",
    "random key": "9f86d081884c7d659a2feaa0c55ad015",
    "e-mail": "jane.doe+x@example.co.uk",
    "e-mail in words": "jane (at) example (dot) org",
    "telephone abroad": "+49 170 1234567",
    "telephone": "030 1234 5678",
    "telephone in america": "(415) 381-6627",
    "telephone with a word": "tel. 68123456",
    "network": "81.208.36.188",
    "network with a port": "8.8.4.4:25565",
    "new network": "2001:4860:4860::8844",
    "network card": "88:56:A6:96:41:79",
    "bank account": "DE89 3704 0044 0532 0130 00",
    "card": "4111 1111 1111 1111",
    "house": "2778 Mala Vista Drive",
    "german house": "Hauptstraße 12b",
    "french house": "12 rue de la Paix",
    "italian house": "Via Garibaldi 14",
    "spanish house": "Calle Mayor, 14",
    "short key of openai": "sk-proj-a1b2",
    "spot": "47.66644, -122.37085",
}


@pytest.mark.parametrize("secret", KINDS.values(), ids=KINDS)
def test_every_kind_of_secret_is_kept_out_of_logs_replies_and_tuning(secret):
    text = f"see {secret} ok"
    assert has_secret(text)
    for safe in (redact(text), logs.redact(text), neutralise(text)[0]):
        assert secret[-6:] not in safe.removesuffix(" ok")
        assert safe.startswith("see ") and safe.endswith(" ok")


def test_a_private_key_goes_out_whole_and_so_does_one_whose_end_is_cut_off():
    assert "MIIE" not in redact(KEY)
    assert redact(KEY.partition("-----END")[0]) == "[secret]"


@pytest.mark.parametrize(
    "text",
    [
        "risk-averse task-oriented people",
        "see you at 20:30, ok?",
        "hey.there.friend",
        "v1.2.3 of the github page",
        "the bearer of news",
        "on 2026-11-28 at 08:25:10, or 28.11.2026",
        "versions 1.14.2, 6.1.0.1 and 2.0.0-rc.1",
        "it is 1,299.99 € or $20.00, 50% off",
        "ask <@123456789012345678> in 1012345678901234567",
        "commit 58b2939b4d5a030eaec469d29812ab8477ee7e76",
        "md5: 9f86d081884c7d659a2feaa0c55ad015",
        "see https://youtu.be/dQw4w9WgXcQ?t=42 or https://example.org/a/1b2c3d4e5f",
        "127.0.0.1:8080 with the mask 255.255.255.0",
        "we won 3-2, 0-0 at half time, 1920x1080",
        "12 of us in 3 days, 24/7",
        "way 2 go, 5 Star hotel, 2 Dr Peppers",
        "my password is bad, and the key was lost",
        "MX: 10, ratio 16:9:4, 100:200",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "111111111111111111111111111111111",
        "@ann@mastodon.social wrote",
    ],
)
def test_everyday_words_are_no_secrets(text):
    assert not has_secret(text)
    assert redact(text) == text


HOSTILE = [
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "ey-",
    "eyJaaaaaaaaaaaa",
    "eyaaaaaaaaaaaa.",
    "sk-",
    "bearer ",
    "ghp_",
    "/webhooks/1",
    "a.",
    "aaaaaaaaaaaaaaaaaaaaaaaa.bbbbbb.",
    "a@",
    "a@b.",
    "a (at) b (dot) ",
    "password=",
    "apikey=",
    "://a:",
    "0a",
    "+1 2",
    "0123 4567 ",
    "tel 1",
    "1.2.3.",
    "a:",
    "1 A",
    "1 Aa ",
    "Aa",
    "DE89 ",
    "4111 ",
    "1.23456,",
    "SG.",
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_does_not_hold_a_pattern_up(piece):
    """Where time grew with the square of the length, this would take minutes."""
    text = piece * (300_000 // len(piece)) + "!"
    for shape in SHAPES:
        shape.pattern.sub("", text)
    has_secret(text)


SNIPPETS = [*KINDS.values(), *HOSTILE, "\n", " ", "ſ", "İ", "K", "hi, you.", "v1.2.3"]


def by_all_patterns(text: str) -> bool:
    """The answer without a look at any hint."""
    return any(
        any(map(shape.is_real, shape.pattern.finditer(text))) for shape in SHAPES
    )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.pattern.pattern[:30])
def test_a_text_that_a_pattern_finds_has_its_hint(shape):
    # Look-behinds look at what stands before, which a made-up text lacks.
    source = re.sub(r"\(\?<=([^)]*)\)", r"\1", shape.pattern.pattern)
    source = re.sub(r"\(\?<!(?:[^)\\[]|\\.|\[[^\]]*\])*\)|\\b", "", source)

    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.from_regex(re.compile(source, shape.pattern.flags)))
    def check(text):
        assert has_secret(text) == by_all_patterns(text)

    check()


def test_the_hints_change_no_answer():
    rng = Random(7)
    for _ in range(3000):
        pieces = [rng.choice(SNIPPETS) for _ in range(rng.randint(1, 4))]
        cut = [
            piece[rng.choice((0, 0, 1)) : rng.choice((None, -1))] for piece in pieces
        ]
        text = rng.choice(("", " ")).join(cut)
        text = rng.choice((str, str.upper, str.lower))(text)
        assert has_secret(text) == by_all_patterns(text), text


def test_texts_that_are_looked_at_together_have_the_same_answers():
    texts = ["hello", KINDS["italian house"], "1.2.3.", "so long", ""]
    assert have_secrets(texts) == [has_secret(text) for text in texts]
    assert have_secrets(["a sk-", "and more"]) == [False, False]
    assert have_secrets([]) == []


def test_half_a_character_hides_no_secret():
    secret = KINDS["italian house"]
    assert has_secret(f"\ud800 {secret}")
    assert have_secrets(["\ud800", secret]) == [False, True]
