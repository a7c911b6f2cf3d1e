import pytest

from app.chat.postprocess import neutralise
from app.chat.tuning_data import is_private
from app.core.secret_patterns import SECRETS, has_secret, redact
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
}


@pytest.mark.parametrize("secret", KINDS.values(), ids=KINDS)
def test_every_kind_of_secret_is_kept_out_of_logs_replies_and_tuning(secret):
    text = f"see {secret} ok"
    assert has_secret(text)
    for safe in (redact(text), logs.redact(text), neutralise(text)[0]):
        assert secret[-6:] not in safe.removesuffix(" ok")
        assert safe.startswith("see ") and safe.endswith(" ok")
    assert is_private(text)


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
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_does_not_hold_a_pattern_up(piece):
    """Where time grew with the square of the length, this would take minutes."""
    text = piece * (300_000 // len(piece)) + "!"
    for pattern in SECRETS:
        pattern.sub("", text)
