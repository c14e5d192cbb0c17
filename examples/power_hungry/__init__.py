"""The ladder of the study "Power Hungry Processing", and its sweeps, as tests."""
