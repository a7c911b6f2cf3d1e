"""The kinds of `mynah eval`, one thin file each."""
