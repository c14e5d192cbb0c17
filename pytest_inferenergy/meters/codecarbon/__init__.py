"""Estimates by codecarbon, where nothing measures."""
