"""Benchmarks: figures side by side with a floor measured in the same run. Never asserted inside a timed test."""
