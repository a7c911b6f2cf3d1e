"""What a guild sounds like: suffix arrays of words and tokens, and walks on them."""
