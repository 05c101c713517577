"""FACE 1: the HTTP API. One file a domain: routes with their request and reply schemas. Holds no rules."""
