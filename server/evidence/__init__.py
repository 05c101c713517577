"""PURE: what the evidence of one check-in says. Standard library only; no I/O, no clock, no database."""
