"""Whose turn it is on a GPU, and whose GPU it is."""
