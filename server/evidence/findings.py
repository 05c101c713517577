"""The three things a signal may say. The first sentence of a message says what happened, the second what it means."""

from typing import Any

from server.evidence.types import Finding, Outcome


def clear(code: str, group: str, message: str, **facts: Any) -> Finding:
    """The evidence is there and fits."""
    return Finding(code, group, Outcome.CLEAR, message, facts)


def suspect(code: str, group: str, message: str, **facts: Any) -> Finding:
    """The evidence is there and contradicts the claim: a person should look. `message` still accuses nobody."""
    return Finding(code, group, Outcome.SUSPECT, message, facts)


def unknown(code: str, group: str, message: str, **facts: Any) -> Finding:
    """The evidence is missing, or too weak to tell."""
    return Finding(code, group, Outcome.UNKNOWN, message, facts)
