"""What Mynah remembers: meaning, recall, and which message answers which."""
