"""Parts that several processes of one bot share, or divide among them."""
