"""The screens that watch and control the bot. The only home of textual."""

import os

# Of Textual's 100 ms, a person can press esc and the next key within; it reads them as
# one key then. The parts of one key come together.
os.environ.setdefault("ESCDELAY", "30")

# After a picture that came late, Textual leaves out up to two: with its 60 pictures a
# second, a key that was answered waits for 33 ms more before that shows.
os.environ.setdefault("TEXTUAL_FPS", "120")
