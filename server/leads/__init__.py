"""线索: companies that may invest, who of the squads was first with one, and what became of it."""
