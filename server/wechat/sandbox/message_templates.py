"""The subscribe templates of this mini-program, as WeChat's gettemplate lists them."""

import re
from dataclasses import dataclass, replace

_LINE = re.compile(r"(?P<label>[^:\n]+):\{\{(?P<key>[a-z_]+\d+)\.DATA\}\}")


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """`content` holds one line a value, `标签:{{key.DATA}}`; the key's prefix is the type of the value. `type`: 2 is
    accepted for one message (一次性), 3 for all that come (长期)."""

    id: str
    title: str
    content: str
    type: int = 2

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """(label, key) in the order a phone shows them."""
        return tuple((match["label"], match["key"]) for match in _LINE.finditer(self.content))


TEMPLATES = {
    template.id: template
    for template in (
        MessageTemplate(
            "sandbox-reminder",
            "打卡提醒",
            "驻点名称:{{thing1.DATA}}\n打卡日期:{{date2.DATA}}\n温馨提示:{{thing3.DATA}}\n",
        ),
        MessageTemplate(
            "sandbox-decided",
            "复核结果通知",
            "复核事项:{{thing1.DATA}}\n复核结果:{{phrase2.DATA}}\n复核说明:{{thing3.DATA}}\n",
        ),
        MessageTemplate(
            "sandbox-leave",
            "请假审批通知",
            "申请事项:{{thing1.DATA}}\n日期:{{thing2.DATA}}\n审批结果:{{phrase3.DATA}}\n说明:{{thing4.DATA}}\n",
        ),
        MessageTemplate(
            "sandbox-flag",
            "驻点进度通知",
            "统计事项:{{thing1.DATA}}\n当前状态:{{phrase2.DATA}}\n在岗天数:{{thing3.DATA}}\n下一步:{{thing4.DATA}}\n",
        ),
        MessageTemplate(
            "sandbox-task",
            "待办事项提醒",
            "待办事项:{{thing1.DATA}}\n日期:{{date2.DATA}}\n说明:{{thing3.DATA}}\n",
        ),
    )
}
# 用工关系 has templates of its own; here they say the same.
EMPLOYEE_TEMPLATES = {
    id: replace(template, id=id)
    for id, template in ((name.replace("sandbox-", "sandbox-staff-"), of) for name, of in TEMPLATES.items())
}


def place_of(template_id: str) -> str:
    """Where it arrives on the phone."""
    if template_id == "group_bot":
        return "企业微信"
    return "小程序助手" if template_id in EMPLOYEE_TEMPLATES else "服务通知"
