"""Zhudian: a county's on-site investment promotion. One folder a domain concept; imports point down only."""
