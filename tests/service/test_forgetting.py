"""What is forgotten is gone, whatever happens; `bench_forgetting` plays longer."""

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.service.forgetting_machine import Forgetting

pytestmark = pytest.mark.process

Forgetting.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)

TestWhatIsForgottenIsGoneWhateverHappens = Forgetting.TestCase
