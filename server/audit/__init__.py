"""审计: every state change is written with it, chained within seconds, and can be verified for ever."""
