from app.settings.consent import WHAT_LEAVES, ConsentError, is_needed
from app.tui.settings_list import CLOUD_WARNING


def test_only_the_cloud_needs_consent_and_all_say_the_same_text():
    assert is_needed("reply.provider", "openai")
    assert not is_needed("reply.provider", "local")
    assert str(ConsentError()).startswith(WHAT_LEAVES)
    assert CLOUD_WARNING.startswith(WHAT_LEAVES)
