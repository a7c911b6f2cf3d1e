"""How much a guild's replies are like what its members write; pure sums over texts."""
