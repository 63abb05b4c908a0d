"""What `make faults` prints: the real bot process against the sandbox and loopback feeds, hurt.

A module is a group of rows: `run(plan)` gives them. `python -m faults` runs all groups or the named
ones with a printed seed; `--short` is the form that CI runs. Everything is told apart from outside:
by what the sandbox saw, by the file the bot left, by its log.
"""
