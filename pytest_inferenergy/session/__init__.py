"""One run of pytest, from its first test to its reports."""
