"""From a callable to windows, and from windows to what is reported."""
