"""From command line and ini keys to one frozen `Settings`."""
