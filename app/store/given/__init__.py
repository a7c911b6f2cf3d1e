"""Tables of things that moderators and owners gave a server."""
