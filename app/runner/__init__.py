"""The inference process: one loaded language model, its slots and its decoding loop."""
