"""Who belongs where: county, unit, squad, member, role, station, posting, consent, and how a person signs in."""
