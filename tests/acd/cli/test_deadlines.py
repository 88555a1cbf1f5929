"""`cozum tickets clock`: a deadline without a system or a database."""

import json
from pathlib import Path

import pytest

from tests.acd.cli.conftest import Cozum


def test_the_deadline_and_how_it_is_reached(cozum: Cozum, data_dir: Path) -> None:
    said = cozum("tickets", "clock", "--kind", "information", "--from", "2026-05-20", "--json")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert (found["due"], found["due_at"]) == ("2026-06-15", "2026-06-15T20:59:59.000Z")
    assert found["steps"][0].startswith("2026-05-20 Wednesday: the request came")
    assert found["steps"][-1] == "Due, working day 15: 2026-06-15 Monday"
    assert not data_dir.exists()


def test_the_steps_alone_in_turkish(cozum: Cozum) -> None:
    said = cozum("tickets", "clock", "--kind", "petition", "--from", "2026-05-20", "--language", "tr")
    assert said.out.splitlines()[-1] == "Son gün, 30. gün: 19.06.2026 Cuma"


def test_what_if(cozum: Cozum) -> None:
    def due(*words: str) -> str | None:
        said = cozum("tickets", "clock", "--kind", "information", "--from", "2026-05-20", "--json", *words)
        assert said.code == 0, said.err
        found: str | None = json.loads(said.out)["due"]
        return found

    assert due("--half-days", "free") == "2026-06-16"
    assert due("--leave", "2026-05-25/2026-05-26") == "2026-06-17"
    assert due("--leave", "2026-06-01") == "2026-06-16"
    assert due("--extension", "15") == "2026-07-06"
    assert due("--stopped", "2026-05-22/2026-06-03") == "2026-06-22"
    assert due("--stopped", "2026-05-22/") is None
    assert due("--clock", "information") == "2026-06-15"
    assert due("--stopped", "2026-06-08/2026-06-10", "--stopped", "2026-05-22/2026-06-03") == "2026-06-24"


def test_the_clock_of_a_topic_where_the_law_binds_nothing(cozum: Cozum) -> None:
    said = cozum("tickets", "clock", "--kind", "request", "--from", "2026-05-20", "--clock", "one_day", "--json")
    assert json.loads(said.out)["due"] == "2026-05-21"
    said = cozum(
        "tickets", "clock", "--kind", "cimer", "--from", "2026-05-20", "--clock", "cimer_information", "--json"
    )
    assert json.loads(said.out)["due"] == "2026-06-15"


def test_stops_are_told_in_the_order_of_time(cozum: Cozum) -> None:
    stops = ("--stopped", "2026-06-08/2026-06-10", "--stopped", "2026-05-22/2026-06-03")
    said = cozum("tickets", "clock", "--kind", "information", "--from", "2026-05-20", *stops)
    told = [line for line in said.out.splitlines() if line.startswith("The clock stood still")]
    assert told == [
        "The clock stood still from 2026-05-22 00:00 to 2026-06-03 00:00: an answer of the citizen is awaited",
        "The clock stood still from 2026-06-08 00:00 to 2026-06-10 00:00: an answer of the citizen is awaited",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--kind", "wish", "--from", "2026-05-20"), "--kind = 'wish': urgent, request, complaint, information"),
        (("--kind", "cimer", "--from", "tomorrow"), "--from = 'tomorrow': a date such as 2026-05-20"),
        (("--kind", "cimer", "--from", "2026-05-20", "--clock", "x"), "--clock = 'x': cimer, cimer_information"),
        (("--kind", "cimer", "--from", "2026-05-20", "--extension", "1"), "cannot be extended (3071 m. 7)"),
        (("--kind", "cimer", "--from", "2026-05-20", "--stopped", "2026-05-21"), "--stopped = '2026-05-21':"),
        (("--kind", "cimer", "--from", "2026-05-20", "--leave", "x"), "--leave = 'x': 2026-05-25 or"),
        (("--kind", "cimer", "--from", "2026-05-20", "--leave", "2026-05-26/2026-05-25"), "must not lie before"),
        (("--kind", "cimer", "--from", "2026-05-20", "--half-days", "x"), "--half-days = 'x': work, free"),
        (("--kind", "cimer", "--from", "2026-05-20", "--language", "de"), "--language = 'de': en, tr"),
        (("--kind", "cimer", "--from", "0001-01-01"), "--from = '0001-01-01': a year from 1970 to 2099 is allowed"),
        (("--kind", "cimer", "--from", "9999-12-30"), "--from = '9999-12-30': a year from 1970 to 2099 is allowed"),
        (
            ("--kind", "cimer", "--from", "2026-05-20", "--stopped", "2026-06-10/9999-12-31"),
            "--stopped = '9999-12-31': a year from",
        ),
        (("--kind", "cimer", "--from", "2026-05-20", "--leave", "2026-01-01/9999-12-31"), "60 days are allowed"),
        (("--kind", "cimer", "--from", "2026-05-20", "--leave", "9999-12-30"), "--leave = '9999-12-30': a year from"),
        (
            ("--kind", "request", "--from", "2026-05-20", "--stopped", "2026-06-10/2026-06-01"),
            "--stopped = '2026-06-10/2026-06-01': must end after it begins",
        ),
        (
            ("--kind", "request", "--from", "2026-05-20", "--stopped", "2026-05-01/2026-05-22"),
            "--stopped = '2026-05-01/2026-05-22': begins before the request came (2026-05-20)",
        ),
        (
            (
                *("--kind", "request", "--from", "2026-05-20"),
                *("--stopped", "2026-06-03/", "--stopped", "2026-05-22/2026-06-04"),
            ),
            "--stopped = '2026-06-03/': begins before 2026-05-22/2026-06-04 has ended",
        ),
        (
            ("--kind", "petition", "--from", "2026-05-20", "--clock", "one_day"),
            "--clock = 'one_day': no topic changes the clock of the kind \"petition\" (3071 m. 7): leave --clock out",
        ),
        (("--kind", "urgent", "--from", "2026-05-20", "--clock", "one_day"), "leave --clock out"),
    ],
)
def test_what_cannot_be(cozum: Cozum, words: tuple[str, ...], expected: str) -> None:
    said = cozum("tickets", "clock", *words)
    assert said.code == 2
    assert expected in said.err


def test_a_towns_own_files(cozum: Cozum, tmp_path: Path) -> None:
    words = ("tickets", "clock", "--kind", "request", "--from", "2026-05-20", "--town", str(tmp_path))
    assert "clocks.toml" in cozum(*words).err
    (tmp_path / "clocks.toml").write_text("[[clock]]\n")
    (tmp_path / "calendar.toml").write_text("")
    said = cozum(*words)
    assert (said.code, "clocks.toml: clock.0.id: is missing" in said.err) == (1, True)
