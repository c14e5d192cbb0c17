"""Parts of ``benchmarks.foreign_suites``: running suites of others, comparing the outcomes."""
