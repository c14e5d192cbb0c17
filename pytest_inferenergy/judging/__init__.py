"""One measurement from what is asked to its outcome."""
