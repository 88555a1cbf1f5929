"""The number of a citizen as a request holds it, however it was typed."""

import msgspec
import pytest

from acd.lib.dialable import dialable
from tests.tickets.life import AGENT, FEN, HOUR, MONDAY, RULES, in_state, opened
from tickets.changes import Changed
from tickets.citizen_number import ALLOWED, TOO_LONG, held, of_call
from tickets.opening import Amendment, NewTicket, amend, open_ticket
from tickets.refusals import Refusal
from tickets.ticket import Ticket

TYPED = {
    "05321112233": "05321112233",
    "0532 111 22 33": "05321112233",
    "(0532) 111 22 33": "05321112233",
    "0532/1112233": "05321112233",
    "0532.111.22.33": "05321112233",
    "0532-111-22-33": "05321112233",
    " 0532\u00a0111\u00a022\u00a033\t": "05321112233",
    "\u202a+90 532 111 22 33\u202c": "+905321112233",
    "0532\u2011111\u201322\u201333": "05321112233",
    "+90 (532) 111 22 33": "+905321112233",
    "0090 532 1112233": "00905321112233",
    "+90 (0) 532 111 22 33": "+9005321112233",
    "+1 212 555 1234": "+12125551234",
    "444 04 11": "4440411",
    "1001": "1001",
    "": "",
    "   ": "",
}
NO_NUMBER = (
    *(
        "()",
        "--",
        "/",
        ".",
        "+",
        "+-",
        "0532+1112233",
        "++905321112233",
        "Ahmet",
        "anonymous",
        "0532 111 22 33 x",
        "12",
    ),
    *("5,32E+09", "٠٥٣٢١١١٢٢٣٣", "0532 111 22 33 / 0212 555 44 33", "0" * 18, "0532\x001112233", "0532_1112233"),
)


EXTENSIONS = {
    "0212 455 50 00/12": "0212455500012",
    "0212 455 50 00 - 1234": "021245550001234",
    "(0212) 455 50 00 (12)": "0212455500012",
    "+90 212 455 50 00 12": "+90212455500012",
}
"""Numbers of the country with an extension, which nobody can call, and how a switchboard's trunk would give them."""


def refused(made: Changed | Refusal, value: str) -> None:
    assert isinstance(made, Refusal)
    assert (made.code, made.key, made.value, made.allowed) == ("not_allowed", "caller", value, f"{ALLOWED} is allowed")


def amended(ticket: Ticket, caller: str) -> Changed | Refusal:
    return amend(ticket, Amendment(caller=caller), AGENT, ticket.updated_at + HOUR, RULES)


@pytest.mark.parametrize(("written", "number"), TYPED.items())
def test_a_request_holds_its_number_without_separators(written: str, number: str) -> None:
    assert held(written) == of_call(written) == number
    assert opened(caller=written).caller == number
    made = amended(opened(caller="05551112233"), written)
    assert isinstance(made, Changed)
    assert made.ticket.caller == number


@pytest.mark.parametrize("written", NO_NUMBER)
def test_what_is_no_number_is_refused(written: str) -> None:
    refused(open_ticket("26-000001-9", NewTicket(service="request", caller=written), AGENT, MONDAY, RULES), written)
    refused(amended(opened(), written), written)
    assert of_call(written) == "", "whoever calls is not refused for it"


@pytest.mark.parametrize(("written", "given"), EXTENSIONS.items())
def test_a_number_with_an_extension_is_refused_where_it_is_typed(written: str, given: str) -> None:
    """It would be called in vain until all tries are used up."""
    for made in (
        open_ticket("26-000001-9", NewTicket(service="request", caller=written), AGENT, MONDAY, RULES),
        amended(opened(), written),
    ):
        assert isinstance(made, Refusal)
        assert (made.code, made.key, made.value, made.allowed) == ("not_allowed", "caller", written, TOO_LONG)
    assert of_call(given) == given, "whoever calls is known by it"
    known = msgspec.structs.replace(opened(), caller=given)
    made = amend(known, Amendment(caller=given, name="Ayşe"), AGENT, known.updated_at + HOUR, RULES)
    assert isinstance(made, Changed), "a form gives it back as it was"
    assert (made.ticket.caller, made.ticket.name) == (given, "Ayşe")


@pytest.mark.parametrize("written", [one for one, number in TYPED.items() if number.endswith("5321112233")])
def test_a_number_of_the_country_is_called_however_it_was_typed(written: str) -> None:
    assert dialable(opened(caller=written).caller) == "05321112233"


def test_the_same_number_typed_in_another_way_corrects_nothing() -> None:
    made = amended(opened(caller="05321112233"), "(0532) 111 22 33")
    assert isinstance(made, Changed)
    assert made.entry.detail == {"fields": []}


def test_a_unit_that_must_not_know_the_number_does_not_hear_what_is_wrong_with_it() -> None:
    hidden = in_state("assigned", topic="kacak_yapi")
    made = amend(hidden, Amendment(caller="--"), FEN, hidden.updated_at + HOUR, RULES)
    assert isinstance(made, Refusal)
    assert (made.code, made.key, made.value) == ("not_your_role", "caller", "")
