"""Making a reply, as pure code: no Discord, no SQL, no clock, no global random."""
