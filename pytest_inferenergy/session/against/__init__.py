"""The pytest side of ``--energy-against``."""
