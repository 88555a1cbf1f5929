"""Which role sees a citizen's number and name."""

from typing import get_args

import msgspec
import pytest

from storage.requests.search import folded_text
from tests.tickets.life import in_state, opened
from tests.tickets.towns import TOWN
from tickets.privacy.masking import (
    MASK,
    SIGHT,
    Viewer,
    complainant_is_hidden,
    mask_number,
    may_unmask,
    seen_by,
    shown_topics,
)

POTHOLE = opened(name="Ayşe Yılmaz", text="çukur", call="ast1-1.1")
NOISE = opened(topic="gurultu", name="Ayşe Yılmaz", text="üst kat", call="ast1-1.1", address="1234. Sokak 5")
AGREED = msgspec.structs.replace(NOISE, agrees=True)


@pytest.mark.parametrize(
    ("number", "masked"),
    [("+905321112233", "••• 33"), ("1001", "•••"), ("", ""), ("444 04 11", "••• 11"), ("anonymous", "•••")],
)
def test_a_number_keeps_its_last_two_digits(number: str, masked: str) -> None:
    assert mask_number(number) == masked


def test_every_role_has_a_row() -> None:
    assert set(SIGHT) == set(get_args(Viewer))


@pytest.mark.parametrize("viewer", ["agent", "lead", "unit", "inbox", "admin"])
def test_who_works_on_it_sees_the_name_and_a_masked_number(viewer: Viewer) -> None:
    seen = seen_by(POTHOLE, TOWN, viewer)
    assert (seen.caller, seen.name, seen.text, seen.call) == ("••• 33", "Ayşe Yılmaz", "çukur", "ast1-1.1")
    assert may_unmask(POTHOLE, TOWN, viewer)
    assert seen_by(POTHOLE, TOWN, viewer, unmasked=True) == POTHOLE


@pytest.mark.parametrize("viewer", ["analyst", "wall"])
def test_who_counts_sees_no_person_and_no_words(viewer: Viewer) -> None:
    seen = seen_by(NOISE, TOWN, viewer, unmasked=True)
    assert (seen.caller, seen.name, seen.text, seen.address) == (MASK, MASK, "", "")
    assert (seen.topic, seen.district, seen.state) == (NOISE.topic, NOISE.district, NOISE.state)
    assert not may_unmask(POTHOLE, TOWN, viewer)


def test_a_unit_never_learns_who_reported_somebody_unless_they_agree() -> None:
    for unmasked in (False, True):
        seen = seen_by(NOISE, TOWN, "unit", unmasked=unmasked)
        assert (seen.caller, seen.name, seen.call) == (MASK, MASK, None)
        assert (seen.text, seen.address) == ("üst kat", "1234. Sokak 5"), "what it is about must be known"
    assert not may_unmask(NOISE, TOWN, "unit")
    agreed = seen_by(AGREED, TOWN, "unit")
    assert (agreed.caller, agreed.name, agreed.call) == ("••• 33", "Ayşe Yılmaz", "ast1-1.1")
    assert seen_by(NOISE, TOWN, "agent").name == "Ayşe Yılmaz"


def test_a_topic_that_a_reload_took_away_keeps_its_promise() -> None:
    gone = msgspec.structs.replace(NOISE, topic="gone")
    assert seen_by(gone, TOWN, "unit").name == MASK
    assert seen_by(msgspec.structs.replace(NOISE, topic=None), TOWN, "unit").name == "Ayşe Yılmaz"


def test_an_agent_sees_the_number_they_are_talking_to() -> None:
    assert seen_by(POTHOLE, TOWN, "agent", own_call=True).caller == POTHOLE.caller
    assert seen_by(POTHOLE, TOWN, "lead", own_call=True).caller == "••• 33"


def test_personal_answers_are_masked_like_numbers() -> None:
    funeral = opened(topic="cenaze", fields={"vefat_eden": "Ali Yılmaz", "vefat_yeri": "ev"})
    assert seen_by(funeral, TOWN, "unit").fields == {"vefat_eden": MASK, "vefat_yeri": "ev"}
    assert seen_by(funeral, TOWN, "unit", unmasked=True).fields["vefat_eden"] == "Ali Yılmaz"


def test_a_withheld_number_is_nobody() -> None:
    assert seen_by(opened(caller="", name=""), TOWN, "analyst").caller == ""
    assert seen_by(in_state("closed"), TOWN, "agent").caller == "••• 33"


def test_a_search_shows_the_complainants_that_a_viewer_may_know() -> None:
    shown = shown_topics(TOWN, "unit") or ()
    for topic in (*TOWN.topics, "gone"):
        ticket = msgspec.structs.replace(NOISE, topic=topic)
        assert complainant_is_hidden(ticket, TOWN, "unit") == (topic not in shown)
    assert [shown_topics(TOWN, viewer) for viewer in get_args(Viewer) if viewer != "unit"] == [None] * 6


def test_all_answers_to_a_topic_that_is_gone_are_personal() -> None:
    gone = msgspec.structs.replace(NOISE, topic="gone", fields={"kim": "Ayşe Yılmaz", "sayi": 3})
    assert seen_by(gone, TOWN, "inbox").fields == {"kim": MASK, "sayi": MASK}
    assert "yilmaz" not in folded_text(gone, TOWN)
    nothing = msgspec.structs.replace(gone, topic=None)
    assert seen_by(nothing, TOWN, "inbox").fields == nothing.fields
