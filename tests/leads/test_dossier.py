"""谁接触过: every line of a lead's history that somebody stands behind says what they did."""

from server.leads.dossier import DEEDS, OF_EVENT
from server.leads.models import EVENTS


def test_each_event_has_its_deed() -> None:
    by_the_machine = {"expired"}
    assert set(OF_EVENT) == set(EVENTS) - by_the_machine
    assert set(OF_EVENT.values()) <= set(DEEDS)
