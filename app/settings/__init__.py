"""Settings: what there is to set, what fits each, and what holds where."""
