"""The wire between Mynah's processes: JSON-RPC words, one JSON object per line."""
