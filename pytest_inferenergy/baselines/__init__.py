"""Stored runs: the file format, the machine profile, reading and writing."""
