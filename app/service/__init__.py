"""The service: what Discord, the screens and the command line all ask of the bot."""
