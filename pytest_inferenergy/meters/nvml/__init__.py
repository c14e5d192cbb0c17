"""NVIDIA GPUs through NVML: devices, counters and samples to timelines."""
