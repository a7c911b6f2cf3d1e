"""Fused decoding in the engine of a host, and the tokens of its model."""
