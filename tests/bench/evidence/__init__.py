"""The labelled evidence benchmark: a world of honest people and of cheats, written from how they behave."""
