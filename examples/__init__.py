"""Tests that measure the energy of a text classifier and a text generator."""
