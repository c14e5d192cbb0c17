"""All that knows pytest: options, markers, fixture, gate, one run from first test to reports."""
