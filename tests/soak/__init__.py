"""Random kills of real processes, and what must still be true afterwards. `python -m tests.soak --rounds N`."""
