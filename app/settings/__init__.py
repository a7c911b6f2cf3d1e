"""Settings: their definitions, checks and effective values."""
