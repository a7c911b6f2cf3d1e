"""The voice of a guild: suffix arrays of words and tokens, and random walks on them."""
