"""PURE: what each kind of notice says, twice: short values for a WeChat template, whole sentences for inbox and e-mail.

A template's values are cut to twenty letters; the sentences say what happened, what it means and what to do, in full.
"""

from collections.abc import Callable, Mapping
from typing import Any

from server.notify.fit import day_words, long_date, month_word, one_line, short_date, span
from server.notify.group_text import WHY

Facts = Mapping[str, Any]
Values = Callable[[Facts], dict[str, str]]
Sentences = Callable[[Facts], str]


def reminder(f: Facts) -> dict[str, str]:
    return {
        "thing1": f["station"],
        "date2": long_date(f["on"]),
        "thing3": f"今天的打卡{f['closes']}前有效",
    }


def reminder_said(f: Facts) -> str:
    return f"{day_words(f['on'])}还没有收到您在{f['station']}的打卡，{f['closes']}前打卡有效。"


def checkin_decided(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{day_words(f['on'])}的打卡",
        "phrase2": f["result"],
        "thing3": f["reason"] or ("已计入在岗" if f["result"] == "通过" else "可以申诉"),
    }


def checkin_decided_said(f: Facts) -> str:
    on = day_words(f["on"])
    if f["result"] == "通过":
        return f"您{on}的打卡已复核通过，计入在岗。{_because('说明', f['reason'])}"
    return f"您{on}的打卡被驳回。{_because('理由', f['reason'])}如有不同意见，可以申诉。"


def attestation_ended(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{day_words(f['on'])}在岗的证明",
        "phrase2": "未采信" if f["by"] else "已撤回",
        "thing3": f["reason"],
    }


def attestation_ended_said(f: Facts) -> str:
    on, why = day_words(f["on"]), _because("理由", f["reason"])
    if f["to"] == "attester":
        return f"您对{f['member']}{on}在岗的证明，{f['by']}没有采信。{why}当天不再按它计天数。"
    what = f"{f['by']}没有采信{f['attester']}" if f["by"] else f"{f['attester']}撤回了"
    return f"{what}对您{on}在岗的证明。{why}当天的天数已重新计算；确实在岗的，可以另请同事或监督人员证明，或申请补卡。"


def checkin_pending(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{day_words(f['on'])}的打卡",
        "phrase2": "待核",
        "thing3": "已转人工复核，结果会再通知",
    }


def checkin_pending_said(f: Facts) -> str:
    return f"您{day_words(f['on'])}的打卡已转人工复核，有结果会再告诉您，现在不需要做什么。"


def flag(word: str, advice: Sentences) -> Values:
    """The values of a flag: how the month stands, one word for it, and what to do."""

    def values(f: Facts) -> dict[str, str]:
        return {
            "thing1": f"{month_word(f['month'])}驻点进度",
            "phrase2": word,
            "thing3": f"已有{_have(f):g}天，目标{f['target']:g}天",
            "thing4": advice(f),
        }

    return values


def flag_said(advice: Sentences) -> Sentences:
    """The sentences of a flag: the numbers, then what they mean."""

    def said(f: Facts) -> str:
        waiting = f"（其中 {f['pending']:g} 天待核）" if f["pending"] else ""
        return f"{month_word(f['month'])}驻点已有 {_have(f):g} 天{waiting}，目标 {f['target']:g} 天。{advice(f)}"

    return said


def flag_closed(f: Facts) -> dict[str, str]:
    return {
        "thing1": _over(f),
        "phrase2": "已解除",
        "thing3": "之前的提醒不用再处理",
        "thing4": "可在日历中查看每天的依据",
    }


def flag_closed_said(f: Facts) -> str:
    again = "" if f["kind"] in ("missed", "uncovered") else "若再次落后，会显示在日历中，同样的提醒不再重发。"
    return f"{_over(f)}已解除，之前的提醒不用再处理。{again}"


def _over(f: Facts) -> str:
    return "主要领导在外的提醒" if f["kind"] == "uncovered" else f"{month_word(f['month'])}驻点进度预警"


def leave(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{f['member']}的{f['kind']}申请",
        "thing2": _leave_days(f),
        "phrase3": f["result"],
        "thing4": f["reason"],
    }


def leave_asked_said(f: Facts) -> str:
    return f"{f['member']}申请{f['kind']}，{_leave_days(f)}，等您审批。{_because('理由', f['reason'])}"


def leave_decided_said(f: Facts) -> str:
    means = "这几天不再按它计。" if f["result"] == "已撤销" else ""
    return f"您{_leave_days(f)}的{f['kind']}申请：{f['result']}。{_because('说明', f['reason'])}{means}"


def leave_withdrawn_said(f: Facts) -> str:
    return f"{f['member']}撤回了{_leave_days(f)}的{f['kind']}申请，不需要再审批。{_because('说明', f['reason'])}"


def uncovered(f: Facts) -> dict[str, str]:
    return {
        "thing1": f["unit"],
        "phrase2": "无人在外",
        "thing3": f"已有{f['days']}天无主要领导在外",
        "thing4": "请安排外出，或补登记公出",
    }


def uncovered_said(f: Facts) -> str:
    since = short_date(f["since"])
    return f"{f['unit']}自{since}起已有 {f['days']} 天没有主要领导在外招商。请安排外出；已经外出的，请补登记公出。"


def flag_step(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{month_word(f['month'])}驻点：{f['name']}",
        "date2": long_date(f["on"]),
        "thing3": f"{f['step']}：{f['reason']}",
    }


def flag_step_said(f: Facts) -> str:
    about = f"{f['name']}{month_word(f['month'])}的驻点情况"
    return f"{day_words(f['on'])}，针对{about}决定{f['step']}。{_because('理由', f['reason'])}"


def leave_waiting(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{f['name']}的请假待审批",
        "date2": long_date(f["from"]),
        "thing3": f"{short_date(f['from'])}至{short_date(f['to'])}，请尽快处理",
    }


def leave_waiting_said(f: Facts) -> str:
    return f"{f['name']}{span(f['from'], f['to'])}的请假还没有审批，请尽快处理。"


def review_asked(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{_both(f)}待您处理",
        "date2": long_date(f["on"]),
        "thing3": f"最早的一条是{short_date(f['oldest'])}",
    }


def review_asked_said(f: Facts) -> str:
    return f"有{_both(f)}待您处理，最早的一条是{day_words(f['oldest'])}的。月度结账前处理完，当天就能算数。"


def _both(f: Facts) -> str:
    parts = [f"{f['reviews']}条打卡"] if f["reviews"] else []
    return "、".join([*parts, *([f"{f['appeals']}件申诉"] if f["appeals"] else [])])


def deletion_done(f: Facts) -> dict[str, str]:
    return {
        "thing1": "个人信息删除已办理",
        "date2": long_date(f["asked_on"]),
        "thing3": "打卡照片和位置已删除",
    }


def deletion_done_said(f: Facts) -> str:
    return (
        f"您{short_date(f['asked_on'])}申请的删除已办理：打卡照片、位置和手机信息已删除。已计的天数和结果不变。"
        "想恢复打卡，重新同意即可。"
    )


def console_signed_in(f: Facts) -> dict[str, str]:
    return {"thing1": "控制台登录", "date2": long_date(f["on"]), "thing3": f"{f['at']} {f['device']}"}


def console_signed_in_said(f: Facts) -> str:
    return (
        f"{short_date(f['on'])} {f['at']}，您的账号在{f['device']}登录了控制台。"
        "不是您本人的话，请在“我的—登录的设备”里结束它，并告诉县招商局。"
    )


def account_changed(f: Facts) -> dict[str, str]:
    return {"thing1": f"账号：{_CHANGES[f['what']][0]}", "date2": long_date(f["on"]), "thing3": "所有设备已退出登录"}


def account_changed_said(f: Facts) -> str:
    return f"{short_date(f['on'])}，{_CHANGES[f['what']][1]}所有设备已退出登录。如有疑问，请联系本单位或县招商局。"


_CHANGES = {
    "lost_phone": ("微信已解绑", "监督人员按手机遗失或更换微信，解绑了您的微信，控制台密码同时停用。"),
    "transferred": ("所属单位调整", "您的所属单位已调整，重新登录后生效。"),
}


def complaint_made(f: Facts) -> dict[str, str]:
    return {"thing1": f"收到一条{f['kind']}", "date2": long_date(f["due"]), "thing3": "请在期限前答复"}


def complaint_made_said(f: Facts) -> str:
    return f"收到一条{f['kind']}，请在{day_words(f['due'])}前答复。"


def complaint_waiting(f: Facts) -> dict[str, str]:
    return {"thing1": f"一条{f['kind']}还没有答复", "date2": long_date(f["due"]), "thing3": "已到答复期限"}


def complaint_waiting_said(f: Facts) -> str:
    return f"一条{f['kind']}还没有答复，期限是{day_words(f['due'])}，请尽快答复。"


def complaint_answered(f: Facts) -> dict[str, str]:
    return {"thing1": f"您的{f['kind']}已答复", "date2": long_date(f["on"]), "thing3": f["answer"]}


def complaint_answered_said(f: Facts) -> str:
    return f"您提的{f['kind']}已有答复：{f['answer']}"


def lead_asked(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{f['squad']}{_LEAD_REQUESTS[f['what']][0]}",
        "date2": long_date(f["on"]),
        "thing3": f["company"],
    }


def lead_asked_said(f: Facts) -> str:
    return _LEAD_REQUESTS[f["what"]][1].format(**f)


_LEAD_REQUESTS = {
    "join": ("申请加入", "{squad}对“{company}”的线索申请加入，等您决定。"),
    "contest": ("对首报提出异议", "{squad}对“{company}”的线索提出首报异议，等您决定。"),
    "close": ("申请终止", "{squad}对“{company}”的线索申请终止，等您决定。"),
    "escort": ("提请一同拜访", "{squad}提请县领导一同拜访“{company}”，请选一个时间，或者谢绝。"),
}


def lead_news(f: Facts) -> dict[str, str]:
    return {"thing1": _LEAD_NEWS[f["what"]][0], "date2": long_date(f["on"]), "thing3": f["company"]}


def lead_news_said(f: Facts) -> str:
    return f"“{f['company']}”：{_LEAD_NEWS[f['what']][1]}{_because('说明', f['said'])}"


_LEAD_NEWS = {
    "join_granted": ("加入申请已同意", "本队的加入申请已同意，可以写跟进了。"),
    "join_refused": ("加入申请未同意", "本队的加入申请没有同意。"),
    "contest_granted": ("首报异议已采纳", "首报改由本队负责，原小分队继续参与。"),
    "contest_refused": ("首报异议未采纳", "首报不变，仍由原小分队负责。"),
    "close_granted": ("线索已终止", "终止申请已同意，线索已终止；有新情况可以重新打开。"),
    "close_refused": ("终止申请未同意", "终止申请没有同意，请继续跟进。"),
    "joined": ("有小分队加入线索", "另一小分队已加入，可以写跟进，首报仍是本队。"),
    "lost": ("首报变更", "首报改由另一小分队负责，本队继续参与。"),
    "reopened": ("线索重新打开", "线索已重新打开，请继续跟进。"),
    "expiring": ("首报即将到期", "很久没有进展，首报快要到期；写一次跟进就会保留。"),
    "expired": ("首报已到期", "很久没有进展，首报已回到公共池，各小分队都可以接手。"),
    "escort_accepted": ("县领导同往已约定", "县领导已答应一同拜访。"),
    "escort_declined": ("县领导未能同往", "县领导这次不能一同拜访。"),
    "escort_called_off": ("同行已取消", "约好的一同拜访已取消。"),
    "entered": ("线索已登记到您名下", "招商局把这条线索登记到了您名下，请继续跟进。"),
    "handed_over": ("线索已移交给您", "这条线索已移交给您，请继续跟进。"),
}


def lead_late(f: Facts) -> dict[str, str]:
    return {"thing1": f"线索待{f['what']}", "date2": long_date(f["due"]), "thing3": f["company"]}


def lead_late_said(f: Facts) -> str:
    return f"“{f['company']}”的线索应在{day_words(f['due'])}前{f['what']}，已过 {f['days']} 天，由{f['owner']}负责。"


def spot_asked(f: Facts) -> dict[str, str]:
    return {"thing1": "抽查：请现在自拍应答", "date2": long_date(f["on"]), "thing3": f"{f['due']}前应答，点开即可"}


def spot_asked_said(f: Facts) -> str:
    by = f"{day_words(f['on'])} {f['due']}"
    how = "监督人员指定抽查您" if f.get("aimed") else "抽查抽中了您"
    return f"{how}，请在{by} 前打开小程序自拍应答。不方便时可以之后说明情况，不会直接判定。"


def spot_missed(f: Facts) -> dict[str, str]:
    title = "抽查没有应答" if f["what"] == "selfie" else "驻点电话没有人接"
    return {"thing1": title, "date2": long_date(f["on"]), "thing3": "请说明情况，由人来判断"}


def spot_missed_said(f: Facts) -> str:
    what = "抽查没有在时限内应答" if f["what"] == "selfie" else "给驻点打了两次电话都没有人接"
    why = "没有信号、正在开车、正在会谈等"
    return f"{day_words(f['on'])}的{what}。请说明情况（{why}），由监督人员判断，系统不会自动判定。"


def spot_decided(f: Facts) -> dict[str, str]:
    return {"thing1": f"{day_words(f['on'])}的抽查", "phrase2": f["result"], "thing3": f["reason"]}


def spot_decided_said(f: Facts) -> str:
    return f"{day_words(f['on'])}的抽查结论：{f['result']}。{_because('说明', f['reason'])}"


def leave_ending(f: Facts) -> dict[str, str]:
    return {
        "thing1": "假期明天结束",
        "date2": long_date(f["to"]),
        "thing3": "之后恢复打卡；需续假请先申请",
    }


def leave_ending_said(f: Facts) -> str:
    return f"您的假期到{day_words(f['to'])}结束，之后恢复打卡。需要续假，请先申请。"


def month_reached(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{month_word(f['month'])}月度结果",
        "phrase2": "已达标",
        "thing3": f"计{f['have']:g}天，目标{f['target']:g}天",
        "thing4": "可在日历中查看每天的依据",
    }


def month_reached_said(f: Facts) -> str:
    month = month_word(f["month"])
    there = f["have"] - f.get("excused", 0)
    excused = f"、公出培训 {f['excused']:g} 天" if f.get("excused") else ""
    return f"您{month}在岗 {there:g} 天{excused}，目标 {f['target']:g} 天，已达标。每天的依据可在日历中查看。"


def month_closed(f: Facts) -> dict[str, str]:
    return {
        "thing1": f"{month_word(f['month'])}月度结果",
        "phrase2": "已结账",
        "thing3": "月度表已生成",
        "thing4": "请查看月度表并公布",
    }


def month_closed_said(f: Facts) -> str:
    return f"{month_word(f['month'])}已经结账，月度表已生成。请查看并公布。"


def ready_text(f: Facts) -> str:
    """A summary's text is written by whoever counts, and stands in the facts."""
    return f"{f['text']}{WHY}"


def _have(f: Facts) -> float:
    return float(f["confirmed"] + f["pending"] + f["excused"])


def _leave_days(f: Facts) -> str:
    return span(f["starts_on"], f["ends_on"]) + ("（半天）" if f["halves"] == 1 else "")


def _because(label: str, reason: str) -> str:
    """The reason as a sentence of its own; nothing when none was given."""
    said = one_line(reason)
    if not said:
        return ""
    return f"{label}：{said}" if said[-1] in "。！？" else f"{label}：{said}。"
