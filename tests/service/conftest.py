"""What the tests of the service share with those of Discord."""

from tests.discord.conftest import service as service
from tests.discord.conftest import stand_in as stand_in
