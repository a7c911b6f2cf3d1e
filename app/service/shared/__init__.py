"""What several processes of one bot share, and what each has for itself."""
