"""Things that moderators and owners gave a server, ready for replies."""
