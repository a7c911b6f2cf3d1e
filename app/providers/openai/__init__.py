"""OpenAI, and any server that speaks its API, as a provider."""
