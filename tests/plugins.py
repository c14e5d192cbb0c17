"""Which plugins the runs of pytest load that our tests start."""

ALONE = ("--disable-plugin-autoload", "-p", "inferenergy")
"""None but ours: to import all that is installed beside us takes longer than most of those runs,
and tests/neighbours is where others take part."""
ALONE_OR_WITH_WORKERS = (*ALONE, "-p", "xdist")
