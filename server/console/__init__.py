"""FACE 2: the supervisors' console."""
