"""Long summaries are split between rows, and no message is longer than the bot takes."""

from hypothesis import given
from hypothesis import strategies as st

from server.notify.group_text import WHY, parts

LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=60)


def test_what_fits_is_one_message() -> None:
    assert parts("题", ["甲", "乙"], "注") == ["题\n甲\n乙\n注"]


def test_a_long_table_is_split_between_rows_and_numbered() -> None:
    rows = [f"> 第{number}镇：派驻 5 人，在岗 5 人、82.5 天" for number in range(100)]
    pages = parts("**11月驻点情况**", rows)
    assert [page.split("\n")[0] for page in pages] == ["**11月驻点情况**（1/2）", "**11月驻点情况**（2/2）"]
    assert [row for page in pages for row in page.split("\n")[1:]] == rows
    assert all(len(f"{page}{WHY}".encode()) <= 4096 for page in pages)


def test_a_row_that_is_a_message_and_more_is_shortened() -> None:
    (page,) = parts("题", ["长" * 3000])
    assert len(f"{page}{WHY}".encode()) <= 4096
    assert page.endswith("长…")


@given(LINE, st.lists(LINE, max_size=40), st.integers(300, 600))
def test_none_is_too_long_and_none_is_lost(head: str, rows: list[str], most: int) -> None:
    pages = parts(head, rows, most=most)
    assert all(len(page.encode()) <= most for page in pages)
    assert [row for page in pages for row in page.split("\n")[1:]] == rows
