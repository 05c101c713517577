"""What a county's rules say of leads, in the leads' own type."""

from server.leads.clocks import Terms
from server.tally.rules import PolicyRules


def lead_terms(rules: PolicyRules) -> Terms:
    return Terms(
        respond=rules.lead_respond_days,
        judge=rules.lead_judge_days,
        answer=rules.lead_answer_days,
        report=rules.lead_report_days,
        claim=rules.lead_claim_days,
    )
