"""What a mail to a unit says."""

from acd.desk.delivery.letters import mail
from storage.requests.outbox import Parcel
from tests.tickets.clock.dates import at
from tests.tickets.life import RULES, opened
from tickets.ticket import Ticket


def lines(ticket: Ticket) -> list[str]:
    parcel = Parcel(id=1, key="k", kind="mail", about="assigned", to="", payload={}, tries=1, version=1, ticket=ticket)
    return mail(parcel, RULES).splitlines()


def test_a_deadline_in_days_is_a_day_and_the_rest_is_at_the_units_desk() -> None:
    said = lines(opened())
    assert "Son gün: 10.06.2026" in said
    assert said[-1] == "Ayrıntılar ve başvuran birim masasında görülür."


def test_a_deadline_in_minutes_is_a_time_of_day() -> None:
    """Four hours from half past nine in the evening end the next day."""
    urgent = opened(when=at("2026-11-28 21:30"), service="funeral", service_class="urgent", kind="urgent")
    assert "Son an: 29.11.2026 01.30" in lines(urgent)
