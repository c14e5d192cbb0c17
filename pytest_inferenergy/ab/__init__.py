"""Two workloads taking turns on one device, so that drift cancels."""
