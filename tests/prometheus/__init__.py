"""The meter that asks a Prometheus server."""
