"""Actions of people on replies, the model and servers, beside the plain commands."""
