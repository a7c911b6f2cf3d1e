"""Providers of text: the Markov chain, the local model, OpenAI and its kind."""
