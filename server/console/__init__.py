"""FACE 2: the supervisors' console, drawn on the server. It holds no rules: it calls the services the API calls."""
