"""What a county's rules say of leads, in the leads' own types."""

from server.leads.clocks import Terms
from server.leads.fit import Weights
from server.tally.rules import PolicyRules


def lead_terms(rules: PolicyRules) -> Terms:
    return Terms(
        respond=rules.lead_respond_days,
        judge=rules.lead_judge_days,
        answer=rules.lead_answer_days,
        report=rules.lead_report_days,
        claim=rules.lead_claim_days,
    )


def fit_weights(rules: PolicyRules) -> Weights:
    return Weights(
        {
            "industry": rules.fit_industry_weight,
            "chain": rules.fit_chain_weight,
            "investment": rules.fit_investment_weight,
            "energy": rules.fit_energy_weight,
            "environment": rules.fit_environment_weight,
        },
        rules.fit_dense_wan_per_mu,
    )
