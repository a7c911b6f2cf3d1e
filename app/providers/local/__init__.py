"""The language model on this machine, as a provider."""
