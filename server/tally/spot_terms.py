"""What a county's rules say of spot checks, in their own type."""

from server.spotchecks.draw import Terms
from server.tally.rules import PolicyRules, minutes_of


def spot_terms(rules: PolicyRules) -> Terms:
    return Terms(
        month_cap=rules.spot_month_cap,
        unanswered_weight=rules.spot_unanswered_weight,
        from_min=minutes_of(rules.spot_from),
        to_min=minutes_of(rules.spot_to),
        answer_min=rules.spot_answer_min,
        a_day=rules.spot_a_day,
    )
