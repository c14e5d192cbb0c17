"""Parts of ``benchmarks.precision``: the loads, the reference recording, the tools compared."""
