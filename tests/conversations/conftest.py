"""What the tests of conversations share with those of memory."""

from tests.memory.conftest import db as db
from tests.memory.conftest import engine as engine
from tests.memory.conftest import guild as guild
from tests.memory.conftest import place as place
from tests.memory.conftest import reader as reader
from tests.memory.conftest import server as server
from tests.memory.conftest import tell as tell
