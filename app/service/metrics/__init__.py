"""The figures of the running bot, for Prometheus and its kind."""
