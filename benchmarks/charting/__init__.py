"""The charts of the docs: from results files to plain data (`precision` …), and drawn (`draw`)."""
