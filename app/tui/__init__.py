"""The screens that watch and control the bot. The only home of textual."""

import os

# Of Textual's 100 ms, a person can press esc and the next key within; it reads them as
# one key then. The parts of one key come together.
os.environ.setdefault("ESCDELAY", "30")
