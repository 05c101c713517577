"""Photos: bytes in, facts out; the original is kept for evidence, and what is shown carries no metadata."""
