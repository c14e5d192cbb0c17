"""From a device to a timeline: the sources of energy."""
