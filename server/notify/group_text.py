"""PURE: a long summary for a group, in messages of at most 4096 bytes of UTF-8 with WHY, split between its rows."""

from collections.abc import Sequence

# Under each message: why it comes here, and who ends it.
WHY = "\n> 这里是县里登记的工作群，所以收到汇总；不想再收，请告诉管理员。"
MOST_BYTES = 4096 - len(WHY.encode())
_NUMBERING = "（99/99）"


def parts(head: str, rows: Sequence[str], foot: str = "", most: int = MOST_BYTES) -> list[str]:
    """The messages: each begins with the head, numbered where there are several, and holds whole rows; the foot stands
    under the last. A row that fills a message of its own and more is shortened."""
    room = most - len(f"{head}{_NUMBERING}\n".encode())
    lines = [_shortened(line, room) for line in (*rows, *([foot] if foot else []))]
    pages: list[list[str]] = [[]]
    used = 0
    for line in lines:
        size = len(line.encode()) + 1
        if pages[-1] and used + size > room:
            pages.append([])
            used = 0
        pages[-1].append(line)
        used += size
    if len(pages) == 1:
        return ["\n".join([head, *pages[0]])]
    return ["\n".join([f"{head}（{number}/{len(pages)}）", *page]) for number, page in enumerate(pages, start=1)]


def _shortened(line: str, room: int) -> str:
    """The line, or as many of its letters as there is room for and an ellipsis."""
    raw = line.encode()
    if len(raw) < room:
        return line
    return raw[: room - 4].decode(errors="ignore") + "…"
