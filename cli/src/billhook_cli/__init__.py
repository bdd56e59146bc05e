"""The `billhook` command: every step of billing from a terminal."""

import gc

# A command makes millions of objects that no cycle holds: classes while it starts, items while it runs. Looking for
# garbage after every 700 of them, as Python does by itself, costs a tenth of the time and finds next to none. It stands
# here to come before all other imports; processes that a command starts take it over (see `workforce`).
gc.set_threshold(50_000, 50, 50)
