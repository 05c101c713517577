"""The one table of notice kinds: what it says, to whom, why, by which channels, for how long, and what may be turned
off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.notify import words
from server.notify.fit import fit, one_line
from server.notify.words import Facts, Sentences, Values

_POSTED = ("member", "squad_leader")
_APPROVERS = ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader")
_HEADS = ("unit_supervisor",)
_BUREAU = ("bureau_supervisor",)
_LEADERS = ("county_leader",)
_KEEPING = ("bureau_supervisor", "admin")
_SUPERVISING = ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader", "admin")

# A one-time acceptance is what is proven to deliver, so it is used first; the other two cost nothing and wait.
_ALL = ("subscribe", "employee", "email")
_BESIDE = ("email",)  # no acceptance is spent on it; about the account, a lost phone must not be the only place
_AT_ONCE = ("subscribe", "employee")  # nobody reads their mail within the hour
GROUP_OF = {"subscribe": "wechat", "employee": "wechat", "email": "email", "group_bot": "group"}

_EVERYBODY = ("member", *_SUPERVISING)
COMPLAINTS_PAGE = "mine/complaints/complaints"
LEADS_PAGE = "leads/list/list"
ESCORTS_PAGE = "leads/escorts/escorts"
SPOT_PAGE = "spot/mine/mine"
TODAY_PAGE, MONTH_PAGE, LEAVES_PAGE = "pages/today/today", "pages/calendar/calendar", "pages/leaves/leaves"
_WEEK, _DAYS = timedelta(days=7), timedelta(days=3)


class Unfit(ValueError):
    """The facts of a notice do not say what its kind needs."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice.

    `template`: the sandbox's id; a live county maps it in WECHAT_TEMPLATES. `purpose`: what its template is for, shown
    when the member is asked to accept it; `why`: why this person got it, shown with the notice. `lives`: how long it is
    worth sending, where the notice itself names no end. `may_mute`: whether the inbox, too, may leave it out (outside
    of it every kind may be turned off). `once_more`: a send of which nobody knows whether it arrived is repeated once.
    """

    title: str
    template: str
    page: str
    values: Values
    said: Sentences
    to: tuple[str, ...]
    purpose: str
    why: str
    channels: tuple[str, ...] = _ALL
    lives: timedelta = _WEEK
    may_mute: bool = False
    once_more: bool = True


_YOURS = "这是您自己的打卡。"
_YOUR_MONTH = "这是您自己的驻点进度。"
_YOU_DECIDE = "这项请假由您审批。"

KINDS: dict[str, Kind] = {
    "reminder": Kind(
        *("打卡提醒", "sandbox-reminder", TODAY_PAGE, words.reminder, words.reminder_said),
        *(_POSTED, "打卡时间快结束时提醒您", "您今天派驻在这个驻点，还没有打卡，本月也还没有达标。", _AT_ONCE),
        may_mute=True,
        once_more=False,
    ),
    # Only what waits for a person is told: a message for each accepted one would eat the credits reminders need.
    "checkin_pending": Kind(
        *("打卡待核", "sandbox-decided", MONTH_PAGE, words.checkin_pending, words.checkin_pending_said),
        *(_POSTED, "打卡转人工复核时告诉您", _YOURS),
        lives=_DAYS,
    ),
    "checkin_decided": Kind(
        *("复核结果", "sandbox-decided", MONTH_PAGE, words.checkin_decided, words.checkin_decided_said),
        *(_POSTED, "打卡复核有结果时告诉您", _YOURS),
    ),
    "attestation_ended": Kind(
        *("证明撤回", "sandbox-decided", MONTH_PAGE, words.attestation_ended, words.attestation_ended_said),
        *(_POSTED, "在岗证明撤回或没有采信时告诉您", "这是关于您的证明，或是您给同事的证明。"),
    ),
    "flag_behind": Kind(
        *("进度提醒", "sandbox-flag", MONTH_PAGE),
        words.flag("进度落后", lambda f: f"再驻{f['missing']:g}天可达标，还有{f['remaining_days']:g}个可用日"),
        words.flag_said(lambda f: f"再驻 {f['missing']:g} 天即可达标，还有 {f['remaining_days']:g} 个可用日。"),
        *(_POSTED, "驻点天数落后时告诉您还差几天", _YOUR_MONTH),
        lives=_DAYS,
    ),
    "flag_at_risk": Kind(
        *("进度提醒", "sandbox-flag", MONTH_PAGE),
        words.flag("有风险", lambda f: f"还差{f['missing']:g}天，只剩{f['remaining_days']:g}个可用日"),
        words.flag_said(lambda f: f"还差 {f['missing']:g} 天，只剩 {f['remaining_days']:g} 个可用日，请尽早安排。"),
        *(_POSTED, "月度目标有风险时告诉您", _YOUR_MONTH),
        lives=_DAYS,
    ),
    "flag_unreachable": Kind(
        *("进度提醒", "sandbox-flag", MONTH_PAGE),
        words.flag("无法达标", lambda f: f"还差{f['missing']:g}天，请与队长说明情况"),
        words.flag_said(lambda f: f"还差 {f['missing']:g} 天，本月已无法达标，请与队长说明情况。"),
        *(_POSTED, "月度目标已来不及时告诉您", _YOUR_MONTH),
    ),
    "flag_missed": Kind(
        *("月度结果", "sandbox-flag", MONTH_PAGE),
        words.flag("未达标", lambda f: f"差{f['missing']:g}天，如有出入请核对"),
        words.flag_said(lambda f: f"差 {f['missing']:g} 天，未达标。如有出入，请核对每天的记录。"),
        *(_POSTED, "月度结果未达标时请您核对", _YOUR_MONTH),
    ),
    "month_reached": Kind(
        *("月度结果", "sandbox-flag", MONTH_PAGE, words.month_reached, words.month_reached_said),
        *(_POSTED, "月度结果达标时告诉您", "这是您自己的月度结果。"),
        may_mute=True,
    ),
    "leave_decided": Kind(
        *("请假审批结果", "sandbox-leave", LEAVES_PAGE, words.leave, words.leave_decided_said),
        *(_POSTED, "请假审批有结果时告诉您", "这是您自己的申请。"),
    ),
    "leave_ending": Kind(
        *("假期将结束", "sandbox-task", TODAY_PAGE, words.leave_ending, words.leave_ending_said),
        *(_POSTED, "假期结束前一天提醒您", "您正在休假，明天是最后一天。"),
        lives=timedelta(days=1),
        may_mute=True,
        once_more=False,
    ),
    "leave_asked": Kind(
        *("请假审批", "sandbox-leave", LEAVES_PAGE, words.leave, words.leave_asked_said),
        *(_APPROVERS, "有请假要您审批时告诉您", _YOU_DECIDE),
    ),
    "leave_withdrawn": Kind(
        *("请假撤回", "sandbox-leave", LEAVES_PAGE, words.leave, words.leave_withdrawn_said),
        *(_APPROVERS, "请假申请撤回时告诉您", _YOU_DECIDE),
        lives=_DAYS,
    ),
    "leave_waiting": Kind(
        *("请假待审批", "sandbox-task", TODAY_PAGE, words.leave_waiting, words.leave_waiting_said),
        *(_APPROVERS, "请假快到期还没审批时提醒您", _YOU_DECIDE),
        lives=timedelta(days=1),
        once_more=False,
    ),
    "flag_step": Kind(
        *("预警处置", "sandbox-task", MONTH_PAGE, words.flag_step, words.flag_step_said),
        *((*_POSTED, *_HEADS), "预警有约谈、通报等处置时告诉您", "这项处置与您或您负责的单位有关。"),
    ),
    "flag_uncovered": Kind(
        *("在外情况提醒", "sandbox-flag", TODAY_PAGE, words.uncovered, words.uncovered_said),
        *(_HEADS, "本单位没有主要领导在外时提醒您", "您负责这个单位。"),
        lives=_DAYS,
    ),
    "flag_closed": Kind(
        *("预警解除", "sandbox-flag", MONTH_PAGE, words.flag_closed, words.flag_closed_said),
        *((*_POSTED, *_HEADS), "预警解除时告诉您", "之前提醒过您这件事，现在已经解除。", _BESIDE),
        may_mute=True,
    ),
    "review_asked": Kind(
        *("待复核提醒", "sandbox-task", TODAY_PAGE, words.review_asked, words.review_asked_said),
        *((*_BUREAU, *_LEADERS), "每天告诉您有多少打卡和申诉待您处理", "您负责复核打卡、处理申诉。"),
        lives=timedelta(days=1),
        may_mute=True,
        once_more=False,
    ),
    "deletion_done": Kind(
        *("个人信息删除", "sandbox-task", TODAY_PAGE, words.deletion_done, words.deletion_done_said),
        *(_POSTED, "您申请的个人信息删除办完时告诉您", "这是您自己的申请。"),
    ),
    "console_signed_in": Kind(
        *("控制台登录提醒", "sandbox-task", TODAY_PAGE, words.console_signed_in, words.console_signed_in_said),
        *(_SUPERVISING, "您的账号登录控制台时告诉您", "这是您自己的账号。", _BESIDE),
    ),
    "account_changed": Kind(
        *("账号变动", "sandbox-task", TODAY_PAGE, words.account_changed, words.account_changed_said),
        *(_EVERYBODY, "您的账号被解绑或调动时告诉您", "这是您自己的账号。", _BESIDE),
    ),
    "complaint_made": Kind(
        *("收到意见", "sandbox-task", TODAY_PAGE, words.complaint_made, words.complaint_made_said),
        *(_KEEPING, "有人投诉或提建议时告诉您", "您负责答复队员的意见。", _BESIDE),
        may_mute=True,
    ),
    "complaint_waiting": Kind(
        *("意见待答复", "sandbox-task", TODAY_PAGE, words.complaint_waiting, words.complaint_waiting_said),
        *(_KEEPING, "意见到期还没有答复时提醒您", "您负责答复队员的意见。", _BESIDE),
    ),
    "complaint_answered": Kind(
        *("意见答复", "sandbox-task", COMPLAINTS_PAGE, words.complaint_answered, words.complaint_answered_said),
        *(_EVERYBODY, "您的投诉或建议有答复时告诉您", "这是您自己提的意见。", _BESIDE),
    ),
    "lead_asked": Kind(
        *("线索申请", "sandbox-task", TODAY_PAGE, words.lead_asked, words.lead_asked_said),
        *((*_HEADS, *_BUREAU, *_LEADERS), "线索有申请或提请等您决定时告诉您", "这类申请由您决定。"),
    ),
    "escort_asked": Kind(
        *("提请同行", "sandbox-task", ESCORTS_PAGE, words.lead_asked, words.lead_asked_said),
        *((*_BUREAU, *_LEADERS), "有小分队提请县领导一同拜访时告诉您", "这次提请由您，或由您代为答复。"),
    ),
    "lead_news": Kind(
        *("线索动态", "sandbox-task", LEADS_PAGE, words.lead_news, words.lead_news_said),
        *((*_POSTED, *_LEADERS), "您的线索有变动时告诉您", "这是您、本队或请您同行的线索。"),
    ),
    "lead_late": Kind(
        *("线索逾期提醒", "sandbox-task", LEADS_PAGE, words.lead_late, words.lead_late_said),
        *((*_POSTED, *_BUREAU), "线索到期没有跟进时提醒您", "您负责这条线索，或负责督促它。"),
        lives=_DAYS,
        may_mute=True,
        once_more=False,
    ),
    "spot_asked": Kind(
        *("抽查通知", "sandbox-reminder", SPOT_PAGE, words.spot_asked, words.spot_asked_said),
        *(_POSTED, "抽查到您时告诉您", "抽签抽中了您，或由监督人员指定；是哪一种，抽查页里写明。", _AT_ONCE),
        once_more=False,
    ),
    "spot_missed": Kind(
        *("抽查未应答", "sandbox-reminder", SPOT_PAGE, words.spot_missed, words.spot_missed_said),
        *(_POSTED, "抽查没有应答时请您说明", "这是您自己或本队驻点的抽查。"),
    ),
    "spot_decided": Kind(
        *("抽查结论", "sandbox-decided", SPOT_PAGE, words.spot_decided, words.spot_decided_said),
        *(_POSTED, "您的抽查有结论时告诉您", "这是您自己或本队驻点的抽查。"),
    ),
    "month_closed": Kind(
        *("月度结果", "sandbox-flag", TODAY_PAGE, words.month_closed, words.month_closed_said),
        *(_BUREAU, "月度结账完成时告诉您", "您负责公布全县的月度结果。"),
        may_mute=True,
    ),
}


# What is sent as a subscribe message, and so needs a template of WeChat's and a member's acceptance.
SUBSCRIBED = tuple(name for name, kind in KINDS.items() if "subscribe" in kind.channels)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a county's group in 企业微信 is told: sums of units, nobody's own data. No member gets it."""

    title: str
    said: Sentences = words.ready_text
    channels: tuple[str, ...] = ("group_bot",)
    lives: timedelta = _WEEK
    once_more: bool = True


SUMMARIES: dict[str, Summary] = {
    "month_circular": Summary("月度通报"),
    "manned": Summary("驻点在岗情况", lives=timedelta(hours=3), once_more=False),
}


def course_of(kind: str) -> Kind | Summary | None:
    """What the delivery of a kind goes by; None for one that this release does not know."""
    return KINDS.get(kind) or SUMMARIES.get(kind)


def compose(kind: str, facts: Mapping[str, Any], keys: Sequence[str] = ()) -> dict[str, str]:
    """The template values of one notice, each fitted to its type. `keys`: those of the template they go to, in their
    order, where it has others than the kind. Raises Unfit."""
    try:
        values = KINDS[kind].values(facts)
        return {key: fit(key, value) for key, value in zip(keys or values, values.values(), strict=True)}
    except (KeyError, TypeError, ValueError) as error:
        raise Unfit(f"facts do not fit the kind: {error!r}"[:200]) from None


def sentence(kind: str, facts: Facts) -> str:
    """What one notice says in whole sentences. Raises Unfit."""
    if kind in SUMMARIES:  # written with its lines
        return SUMMARIES[kind].said(facts)
    try:
        return one_line(KINDS[kind].said(facts))
    except (KeyError, TypeError, ValueError) as error:
        raise Unfit(f"facts do not fit the kind: {error!r}"[:200]) from None
