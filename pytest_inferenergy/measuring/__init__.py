"""From a callable to windows: warm-up, calibration, synchronised edges, the window loop."""
