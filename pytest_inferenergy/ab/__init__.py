"""Interleaved A/B: two workloads alternate on one device, so that drift cancels."""
