"""Parts of a reply: its source messages, its outcome, and what explains it."""
