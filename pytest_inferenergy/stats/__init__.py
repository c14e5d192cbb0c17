"""From windows to a verdict: pure functions on plain data."""
