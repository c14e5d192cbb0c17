"""The work of the command ``inferenergy``: one file a command, none of which needs pytest."""
