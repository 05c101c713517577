"""The demo county and everything drawn for it: deterministic, believable, made by us."""
