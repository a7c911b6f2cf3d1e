"""Actions of people on replies: stopping one, replacing one."""
