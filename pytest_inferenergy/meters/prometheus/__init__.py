"""A deployment through the exporters of its cluster, read from a Prometheus server."""
