"""What each value type accepts; a table, because WeChat refuses the whole message for one of them."""

import pytest

from server.wechat.sandbox.values import is_accepted


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", ["驻", "二" * 20, "Mixed 混合！"], ["二" * 21, "", " ", "一\n二", "a\u2028b", "a\x85b"]),
        ("number2", ["0", "-3", "12.5"], ["1" * 33, "12a", "1.", ""]),
        ("letter1", ["abc"], ["ab1", "x" * 33, "汉"]),
        ("symbol1", ["!?"], ["!" * 6, "a", "汉"]),
        ("character_string3", ["AB-12/3 x"], ["汉字", "x" * 33]),
        ("time4", ["15:01", "2019年10月1日 15:01", "08:00~12:30"], ["25:00", "15:61", "2019年10月1日", "15:01~"]),
        ("date2", ["2019年10月1日", "2019-10-01", "2019年10月1日 15:01", "2026年11月1日~2026年11月3日"],
         ["2019/10/01", "10月1日", "2019年13月1日", "2019年12月32日"]),
        ("amount5", ["¥12.50", "100元", "9" * 10], ["9" * 11, "12元5", "USD 3"]),
        ("phone_number1", ["+86-0766-66888866"], ["1" * 18, "电话"]),
        ("car_number1", ["粤A8Z888挂", "A12345"], ["粤A8Z88888挂", "粤"]),
        ("name1", ["欧阳明月", "John Smith", "王Lee"], ["名" * 11, "x" * 21, "王" + "x" * 10]),
        ("phrase1", ["待核", "五个汉字吧"], ["六个汉字太长", "通过!", "ok"]),
        ("unheard1", [], ["of"]),
    ],
)  # fmt: skip
def test_values_by_type(key, good, bad):
    assert [value for value in good if not is_accepted(key, value)] == []
    assert [value for value in bad if is_accepted(key, value)] == []
