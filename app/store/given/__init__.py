"""Tables of things that moderators, owners and members gave a server."""
