"""CPU and memory through the kernel's powercap interface (RAPL)."""
