"""Tickets from the database."""

import json
from pathlib import Path

from tests.acd.cli.conftest import NUMBER, Cozum, Records
from tickets.number import TicketNumber


def test_list(cozum: Cozum, filled: Records) -> None:
    said = cozum("tickets", "list")
    assert (said.code, said.err) == (0, "")
    head, row = said.out.splitlines()
    assert head.split() == ["number", "opened", "state", "service", "class", "call"]
    assert row.split() == ["70-000001-5", "1970-01-01", "02:18:11", "assigned", "funeral", "urgent", filled.calls[0]]
    assert json.loads(cozum("tickets", "list", "--json").out)[0]["opened_at"] == "1970-01-01T00:18:11.000Z"


def test_filters(cozum: Cozum, filled: Records) -> None:
    assert cozum("tickets", "list", "--service", "doctor").err == "cozum: no ticket like that\n"
    assert "funeral" in cozum("tickets", "list", "--state", "assigned", "--service", "funeral", "--limit", "1").out
    said = cozum("tickets", "list", "--state", "open")
    assert said.code == 2
    assert "--state = 'open': new, assigned," in said.err


def test_show_however_the_number_is_typed(cozum: Cozum, filled: Records) -> None:
    for number in ("70-000001-5", "700000015", "70 000001 5"):
        said = cozum("tickets", "show", number)
        assert said.code == 0
        assert "state      assigned: Given to a unit that has not accepted it yet." in said.out
        assert f"`cozum journal why {filled.calls[0]}` tells it" in said.out


def test_a_callers_number_is_shown_only_when_asked_for(cozum: Cozum, filled: Records) -> None:
    for words in (("list",), ("list", "--json"), ("show", "70-000001-5"), ("show", "70-000001-5", "--json")):
        assert NUMBER not in cozum("tickets", *words).out
        assert f"{NUMBER}0001" in cozum("tickets", *words, "--numbers").out


def test_numbers_that_are_none(cozum: Cozum, filled: Records) -> None:
    said = cozum("tickets", "show", "70-000001-4")
    assert said.code == 2
    assert "the check digit of this ticket number does not fit" in said.err
    other = str(TicketNumber(year=70, sequence=2))
    said = cozum("tickets", "show", other)
    assert (said.code, said.err) == (1, f"cozum: there is no ticket {other}\n")


def test_no_database(cozum: Cozum, data_dir: Path) -> None:
    said = cozum("tickets", "list")
    assert said.code == 1
    assert said.err == (
        f"cozum: database {data_dir / 'cozum.db'}: there is none yet; the daemon makes it, or `cozum db upgrade`\n"
    )
    assert not data_dir.exists()
