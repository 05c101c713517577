"""Wait for something that another process does, and say what never happened."""

import time
from collections.abc import Callable


def until(happened: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Return when `happened()` is true; fail naming `what` when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
