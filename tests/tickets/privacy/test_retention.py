"""How long what is kept."""

import pytest

from acd.lib.file_checks import BadFile
from tests.tickets.towns import SERVICES, TOWN, shipped_texts
from tickets.privacy.retention import DAY_S, WHAT, Moments, What, cut_offs, expires_at, rule_of
from tickets.town.load import load_town

KEEP = TOWN.retention
CLOSED = Moments(made_at=1_000.0, closed_at=5_000.0)
OPEN = Moments(made_at=1_000.0)


def problems(old: str, new: str) -> str:
    texts = shipped_texts()
    assert old in texts["retention.toml"]
    texts["retention.toml"] = texts["retention.toml"].replace(old, new, 1)
    with pytest.raises(BadFile) as caught:
        load_town(texts, services=SERVICES)
    return str(caught.value)


def test_everything_has_an_end() -> None:
    for what in WHAT:
        assert expires_at(KEEP, what, CLOSED) is not None
        assert rule_of(KEEP, what).basis


def test_a_kind_may_have_days_of_its_own() -> None:
    assert expires_at(KEEP, "ticket_person", CLOSED) == 5_000.0 + 730 * DAY_S
    assert expires_at(KEEP, "ticket_person", CLOSED, "complaint") == 5_000.0 + 730 * DAY_S
    assert expires_at(KEEP, "ticket_person", CLOSED, "urgent") == 5_000.0 + 365 * DAY_S


def test_an_open_request_keeps_its_person() -> None:
    assert expires_at(KEEP, "ticket_person", OPEN) is None
    assert expires_at(KEEP, "recording", OPEN) == 1_000.0 + 180 * DAY_S


def test_what_is_to_be_destroyed_by_kind() -> None:
    now = 3_000 * DAY_S
    found = cut_offs(KEEP, "ticket_person", now)
    assert ("", "closed", now - 730 * DAY_S) in found
    assert ("petition", "closed", now - 1825 * DAY_S) in found
    assert cut_offs(KEEP, "cel", now) == [("", "made", now - 30 * DAY_S)]


@pytest.mark.parametrize("what", ["outgoing_file", "sent_text"])
def test_a_file_of_an_earlier_version_keeps_what_that_did_not_know_for_the_shipped_days(what: What) -> None:
    texts = shipped_texts()
    before, found, _ = texts["retention.toml"].rpartition(f'[[keep]]\nwhat = "{what}"')
    assert found
    town = load_town({**texts, "retention.toml": before}, services=SERVICES)
    assert rule_of(town.retention, what) == rule_of(KEEP, what)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("days = 1095", "days = 1000", "keep.14.days = 1000: must be at least 1095 for destruction_record"),
        ("days = 30\n", "days = 0\n", "keep.11.days = 0: must be a whole number from 1 to 3650"),
        ('what = "cel"', 'what = "cell"', 'keep.11.what = "cell": must be ticket_person, ticket_text'),
        ('what = "cel"', 'what = "cel"\nkind = "urgent"', 'keep.11.kind = "urgent": cel has no kind; leave it out'),
        ('kind = "urgent"', 'kind = "urgant"', 'keep.1.kind = "urgant": no such kind (did you mean "urgent"?)'),
        ('kind = "petition"', 'kind = "urgent"', 'keep.3 = "urgent": ticket_person stands already for this kind'),
        ('what = "cel"\ndays = 30', 'what = "journal"\ndays = 30', "keep.11: journal stands already for this kind"),
        ('what = "cel"', 'since = "closed"\nwhat = "cel"', 'keep.11.since = "closed": must be "made" for cel'),
        ('basis = "Hizmetin', 'reason = 3\nbasis = "Hizmetin', "keep.5.reason = 3: no such key"),
    ],
)
def test_a_fault_of_the_file(old: str, new: str, expected: str) -> None:
    assert f"retention.toml: {expected}" in problems(old, new)


def test_a_row_that_is_missing_is_named() -> None:
    texts = shipped_texts()
    start = texts["retention.toml"].index('[[keep]]\nwhat = "cel"')
    end = texts["retention.toml"].index("[[keep]]", start + 5)
    cut = texts["retention.toml"][:start] + texts["retention.toml"][end:]
    with pytest.raises(BadFile, match=r"retention\.toml: keep: a row for cel without a kind is missing"):
        load_town(texts | {"retention.toml": cut}, services=SERVICES)
    for text in ("keep = 3", "x = 1", ""):
        with pytest.raises(BadFile, match=r"retention\.toml: "):
            load_town(texts | {"retention.toml": text}, services=SERVICES)
