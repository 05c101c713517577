"""预警: who will fall short while it can still be mended, and what was done about it."""
