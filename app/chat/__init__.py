"""How a reply is made; pure: no Discord, no SQL, no clock, no global random."""
