"""File formats, one module each: its test, its servers and its reader."""
