"""The count: dated policy, a pure fold from evidence to site days, and the month that adds them up."""
