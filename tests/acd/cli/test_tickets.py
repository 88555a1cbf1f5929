"""Tickets from the database."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from acd.client import Api, ApiError
from acd.config.load_settings import load_settings
from bench.stack import until
from tests.acd.cli.conftest import NUMBER, Cozum, Records
from tickets.number import TicketNumber


def test_list(cozum: Cozum, filled: Records) -> None:
    said = cozum("tickets", "list")
    assert (said.code, said.err) == (0, "")
    head, row = said.out.splitlines()
    assert head.split() == ["number", "opened", "state", "due", "service", "class", "unit", "call"]
    assert row.split() == [
        "70-000001-5",
        "1970-01-01",
        "02:18:11",
        "assigned",
        "overdue",
        "funeral",
        "urgent",
        "mezarliklar",
        filled.calls[0],
    ]
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


def test_show_tells_all_that_happened_in_its_order(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "cozum.db") as database:
        (opened,) = database.execute("SELECT opened_at FROM tickets WHERE number = '70-000001-5'").fetchone()
        at = int(opened) + 60_000
        database.execute(
            "INSERT INTO duty_rings (number, ring, duty, unit, person, phone, at, result, last)"
            " VALUES ('70-000001-5', 1, 1, 'mezarliklar', 'ayse', '7001', ?, 'no_answer', 0)",
            (at,),
        )
        database.execute(
            "INSERT INTO outcome_attempts (number, outcome, attempt, at, caller, result, automatic)"
            " VALUES ('70-000001-5', 1, 1, ?, '', 'busy', 0)",
            (at + 60_000,),
        )
        database.execute(
            "INSERT INTO tasks (number, kind, why, opened_at, assigned_to, done_at, done_by, note)"
            " VALUES ('70-000001-5', 'not_reached', '', ?, '', ?, 'lale', '')",
            (at + 120_000, at + 180_000),
        )
        database.execute(
            "INSERT INTO outbox"
            ' (key, number, version, kind, "to", about, payload, state, tries, made_at, next_at, done_at, error)'
            " VALUES ('x', '70-000001-5', 1, 'text', '', 'outcome', '{}', 'failed', 1, ?, ?, ?, '')",
            (at, at, at + 90_000),
        )
    told = cozum("tickets", "show", "70-000001-5").out
    found = [told.index(words) for words in (
        *("open by system", "ayse of mezarliklar: no_answer", "outcome 1, by an agent: busy"),
        "about outcome: failed",
        *("not_reached is for a person to decide", "not_reached was decided by lale"),
    )]  # fmt: skip
    assert found == sorted(found)
    assert "7001" not in told, "a telephone of somebody on duty"
    story = json.loads(cozum("tickets", "show", "70-000001-5", "--json").out)["story"]
    assert [one["at"] for one in story] == sorted(one["at"] for one in story)
    assert [(one["kind"], one["what"], one["who"]) for one in story][-5:] == [
        *(("ring", "no_answer", "ayse"), ("try", "busy", ""), ("text", "failed", "")),
        *(("task", "not_reached", ""), ("task_done", "not_reached", "lale")),
    ]


def test_show_says_which_talk_is_kept_as_a_recording(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    (call,) = filled.calls[:1]
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute(
            "INSERT INTO recordings (call, state, why, began_at, sha256, pauses) VALUES (?, 'kept', '', 1, ?, 0)",
            (call, "ab" * 32),
        )
    told = cozum("tickets", "show", "70-000001-5").out
    assert f"{call}, opened, recording kept, sha256 {'ab' * 32}  (`cozum journal why {call}` tells it)" in told
    (linked,) = json.loads(cozum("tickets", "show", "70-000001-5", "--json").out)["calls"]
    assert (linked["id"], linked["recorded"], linked["recording_sha256"]) == (call, "kept", "ab" * 32)


def test_show_leaves_out_nothing_that_is_known_of_a_request(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute(
            "UPDATE tickets SET address = 'Işık Sokak 3', name = 'Ayşe', remark = 'geç geldi', follows = '69-000007-1',"
            " external_source = 'cimer', external_number = '2405-12', responsible = 'iski', told_at = 60000,"
            " told_how = 'text' WHERE number = '70-000001-5'"
        )
        database.execute("UPDATE tickets SET parent = '70-000001-5' WHERE number <> '70-000001-5'")
        found = database.execute("SELECT number FROM tickets WHERE parent IS NOT NULL ORDER BY id").fetchall()
    children = ", ".join(number for (number,) in found)
    shown = cozum("tickets", "show", "70-000001-5").out
    rows = {line[:10].strip(): line[11:] for line in shown.splitlines()}
    assert [rows[name] for name in ("address", "name", "remark")] == ["•••"] * 3
    assert (rows["follows"], rows["body"]) == ("69-000007-1", "iski")
    assert rows.get("children", "") == children
    assert rows["known as"] == "cimer 2405-12"
    assert rows["told"].endswith(", text")
    whole = cozum("tickets", "show", "70-000001-5", "--numbers").out
    assert all(words in whole for words in ("Işık Sokak 3", "Ayşe", "geç geldi"))


def test_a_callers_number_is_shown_only_when_asked_for(cozum: Cozum, filled: Records) -> None:
    for words in (("list",), ("list", "--json"), ("show", "70-000001-5"), ("show", "70-000001-5", "--json")):
        assert NUMBER not in cozum("tickets", *words).out
        assert f"{NUMBER}0001" in cozum("tickets", *words, "--numbers").out


def test_the_audit_names_each_request_whose_number_was_shown(cozum: Cozum, filled: Records) -> None:
    def unmasked() -> list[tuple[str, str]]:
        found = json.loads(cozum("users", "audit", "--json").out)
        return [(one["who"], one["about"]) for one in found if one["action"] == "unmasked"]

    cozum("tickets", "list")
    cozum("tickets", "show", "70-000001-5", "--json")
    cozum("tickets", "show", str(TicketNumber(year=70, sequence=2)), "--numbers")
    assert unmasked() == []
    listed = json.loads(cozum("tickets", "list", "--numbers", "--json").out)
    assert unmasked() == [("cozum", one["number"]) for one in listed]
    cozum("tickets", "show", "70-000001-5", "--numbers")
    assert unmasked().count(("cozum", "70-000001-5")) == 2


def test_a_citizens_remark_is_shown_only_when_asked_for(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "cozum.db") as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(ticket_history)") if row[1] != "id"]
        given = {"version": "9", "what": "'score'", "detail": """'{"score": 2, "remark": "geç geldi"}'"""}
        database.execute(
            f"INSERT INTO ticket_history ({', '.join(names)}) SELECT {', '.join(given.get(one, one) for one in names)}"
            " FROM ticket_history WHERE number = '70-000001-5' AND version = 1"
        )
    hidden = json.loads(cozum("tickets", "show", "70-000001-5", "--json").out)
    details = [step["detail"] for name in ("history", "story") for step in hidden[name] if step["what"] == "score"]
    assert details == [{"score": 2, "remark": "•••"}] * 2
    assert "geç geldi" not in cozum("tickets", "show", "70-000001-5").out
    whole = json.loads(cozum("tickets", "show", "70-000001-5", "--json", "--numbers").out)
    assert "geç geldi" in str(whole["history"])


def test_numbers_that_are_none(cozum: Cozum, filled: Records) -> None:
    said = cozum("tickets", "show", "70-000001-4")
    assert said.code == 2
    assert "the check digit of this ticket number does not fit" in said.err
    other = str(TicketNumber(year=70, sequence=2))
    said = cozum("tickets", "show", other)
    assert (said.code, said.err) == (1, f"cozum: there is no ticket {other}\n")


def test_when_a_request_in_writing_came_is_a_time(cozum: Cozum) -> None:
    said = cozum("tickets", "open", "request", "--kind", "petition", "--received", "dün")
    assert said.code == 2
    assert said.err.startswith("cozum: --received = 'dün': 2026-05-20 14:30, ")


def test_no_database(cozum: Cozum, data_dir: Path) -> None:
    said = cozum("tickets", "list")
    assert said.code == 1
    assert said.err == (
        f"cozum: database {data_dir / 'cozum.db'}: there is none yet; the desk makes it, or `cozum db upgrade`\n"
    )
    assert not data_dir.exists()


@pytest.fixture
def desk(daemon: subprocess.Popen[bytes]) -> None:
    """A daemon whose database serves."""

    def serves() -> bool:
        try:
            Api(load_settings(None)).get("tickets")
        except ApiError:
            return False
        return True

    until("the database serves", serves, 60)


def test_the_whole_life_of_a_request(cozum: Cozum, desk: None) -> None:
    words = ("--topic", "asfalt_talebi", "--district", "esenkent", "--text", "Işık Sokak", "--caller", f"{NUMBER}2233")
    wishes = ("--agrees", "--contact", "text")
    opened = json.loads(cozum("tickets", "open", "request", *words, *wishes, "--json").out)
    number = opened["number"]
    assert (opened["agrees"], opened["contact"]) == (True, "text")
    assert (opened["state"], opened["unit"], opened["caller"]) == ("assigned", "fen_isleri", "•••")
    assert cozum("tickets", "move", number, "in_progress", "--version", 2).code == 0
    late = cozum("tickets", "note", number, "Ekip yolda", "--version", 2)
    assert (late.code, late.out) == (1, "")
    assert "has version 3 now" in late.err
    assert cozum("tickets", "note", number, "Ekip yolda").code == 0
    assert cozum("tickets", "extend", number, 2, "--reason", "Malzeme bekleniyor").code == 0
    said = cozum("tickets", "move", number, "resolved")
    assert said.code == 1
    assert said.err.startswith("cozum: result: ")
    assert cozum("tickets", "move", number, "resolved", "--result", "Asfalt döküldü.").code == 0
    assert cozum("tickets", "move", number, "told").code == 0
    assert "closed" in cozum("tickets", "score", number, 5).out
    said = cozum("tickets", "called", f"ast1-outcome.{number}.1.1", "told", "--score", 5)
    assert said.code == 1, "nobody was called: this line has no trunk"
    assert "call" in said.err
    shown = cozum("tickets", "show", number).out
    assert f"{NUMBER}2233" not in shown
    assert "Ekip yolda" not in shown
    assert "the period begins on the day after" in shown
    whole = json.loads(cozum("tickets", "show", number, "--json", "--numbers").out)
    assert [step["what"] for step in whole["history"]] == [
        *("open", "assign", "begin", "note", "extend", "resolve", "tell", "score", "close"),
    ]
    assert whole["history"][0]["at"].endswith("Z")
    assert [one["number"] for one in json.loads(cozum("tickets", "list", "--search", "isik", "--json").out)] == [number]
    assert json.loads(cozum("tickets", "list", "--open", "--json").out) == []


def test_a_citizens_number_is_put_right(cozum: Cozum, desk: None) -> None:
    words = ("request", "--topic", "yol_cukuru", "--caller", f"{NUMBER}2233", "--text", "Asfalt yok", "--json")
    number = json.loads(cozum("tickets", "open", *words).out)["number"]
    nothing = cozum("tickets", "amend", number)
    assert (nothing.code, "--caller" in nothing.err) == (2, True)
    right = ("--caller", f"{NUMBER}4455", "--district", "esenkent", "--field", "yeri=parkın önü")
    shown = cozum("tickets", "amend", number, *right, "--json")
    assert (shown.code, f"{NUMBER}4455" in shown.out) == (0, False)
    whole = json.loads(cozum("tickets", "show", number, "--json", "--numbers").out)
    assert (whole["caller"], whole["district"], whole["text"]) == (f"{NUMBER}4455", "esenkent", "Asfalt yok")
    assert whole["fields"] == {"yeri": "parkın önü"}
    assert whole["history"][-1]["detail"] == {"fields": ["caller", "district", "fields"]}
    late = cozum("tickets", "amend", number, "--name", "Ayşe", "--version", 1)
    assert (late.code, "has version" in late.err) == (1, True)


def test_an_answer_to_no_question_is_refused_and_a_point_is_taken(cozum: Cozum, desk: None) -> None:
    words = ("open", "request", "--topic", "sokak_lambasi", "--lat", 41.035, "--lon", 28.675, "--json")
    wrong = cozum("tickets", *words, "--field", "lamab=12. direk")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--field = 'lamab': sokak_lambasi has no such question; it asks lamba" in wrong.err
    opened = json.loads(cozum("tickets", *words, "--field", "lamba=12. direk").out)
    number = opened["number"]
    assert (opened["lat"], opened["lon"], opened["missing"]) == (41.035, 28.675, [])
    assert opened["district"], "a point decides the mahalle"
    wrong = cozum("tickets", "amend", number, "--field", "lamab=13. direk")
    assert (wrong.code, "it asks lamba" in wrong.err) == (2, True)
    assert cozum("tickets", "amend", number, "--field", "lamba=13. direk").code == 0
    half = cozum("tickets", "open", "request", "--lat", 41.035)
    assert (half.code, "a point needs both lat and lon" in half.err) == (1, True)


def test_duplicates_are_joined_and_parted(cozum: Cozum, desk: None) -> None:
    words = ("request", "--topic", "asfalt_talebi", "--district", "esenkent", "--json")
    one, two = (json.loads(cozum("tickets", "open", *words).out)["number"] for _ in range(2))

    assert cozum("tickets", "join", two, one).code == 0
    assert "parent" in cozum("tickets", "show", two).out
    assert cozum("tickets", "part", two, "--reason", "Başka sokak").code == 0
    told = [line for line in cozum("tickets", "show", one).out.splitlines() if line.startswith("duplicate")]
    assert [line.partition(two)[2] for line in told] == [" joined it, by admin token", " left it, by admin token"]


def test_a_request_shows_which_one_follows_it_up(cozum: Cozum, desk: None) -> None:
    words = ("request", "--topic", "asfalt_talebi", "--district", "esenkent", "--json")
    old = json.loads(cozum("tickets", "open", *words).out)["number"]
    new = json.loads(cozum("tickets", "open", *words, "--follows", old).out)["number"]
    shown = [line for line in cozum("tickets", "show", old).out.splitlines() if line.startswith("followed")]
    assert [new in line for line in shown] == [True, True], "among what is known of it, and in its story"
    assert shown[1].endswith(f"by {new}, which was opened")
    (follow_up,) = json.loads(cozum("tickets", "show", old, "--json").out)["followed_by"]
    assert (follow_up["number"], follow_up["at"].endswith("Z")) == (new, True)


def test_an_application_for_information_has_the_channel_on_which_it_came(cozum: Cozum, desk: None) -> None:
    words = ("tickets", "open", "request", "--kind", "information", "--text", "Bütçe kararları", "--json")
    assert json.loads(cozum(*words, "--channel", "email").out)["channel"] == "email"
    assert json.loads(cozum(*words, "--received", "2026-01-20 14:30").out)["channel"] == "paper"


def test_a_photo_of_the_work_is_attached(cozum: Cozum, desk: None, tmp_path: Path) -> None:
    words = ("request", "--topic", "asfalt_talebi", "--district", "esenkent", "--json")
    number = json.loads(cozum("tickets", "open", *words).out)["number"]
    photo = tmp_path / "çukur.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0 photo")
    assert cozum("tickets", "attach", number, photo, "--about", "work").code == 0
    (file,) = json.loads(cozum("tickets", "show", number, "--json").out)["files"]
    assert (file["kind"], file["about"], file["name"], file["size"]) == ("photo", "work", "çukur.jpg", 10)
    late = cozum("tickets", "attach", number, photo, "--version", 1)
    assert (late.code, "has version" in late.err) == (1, True)
    (tmp_path / "list.txt").write_text("x", "utf-8")
    wrong = cozum("tickets", "attach", number, tmp_path / "list.txt")
    assert (wrong.code, "a name that ends in jpg, jpeg" in wrong.err) == (2, True)
    gone = cozum("tickets", "attach", number, tmp_path / "none.png")
    assert (gone.code, "none.png': No such file" in gone.err) == (2, True)
    photo.write_bytes(b"no photo")
    assert cozum("tickets", "attach", number, photo).code == 1


def test_what_became_of_a_call_is_said_and_listed(cozum: Cozum, desk: None, data_dir: Path) -> None:
    at = 1_764_100_000_000
    with sqlite3.connect(data_dir / "cozum.db") as database:
        for call in ("ast1-7.1", "ast1-8.1"):
            database.execute(
                "INSERT INTO calls (id, node, caller, name, dialled, service, class, language, outcome, agent,"
                " arrived_at, entered_at, ended_at) VALUES (?, 'ast1', '', '', '', 'request', 'routine', 'tr',"
                " 'answered', '1001', ?, ?, ?)",
                (call, at, at, at + 60_000),
            )
    assert json.loads(cozum("tickets", "dispositions", "--json").out) == []
    said = cozum("tickets", "dispose", "ast1-7.1", "answered")
    assert (said.code, "say it again with --topic" in said.err) == (0, True)
    said = cozum("tickets", "dispose", "ast1-7.1", "answered", "--topic", "vergi")
    assert (said.code, said.err, said.out.splitlines()[-1].split()[:3]) == (0, "", ["ast1-7.1", "answered", "vergi"])
    assert cozum("tickets", "dispose", "ast1-8.1", "wrong_number").code == 0
    listed = json.loads(cozum("tickets", "dispositions", "--json").out)
    assert {(one["id"], one["disposition"], one["agent"]) for one in listed} == {
        ("ast1-7.1", "answered", "1001"),
        ("ast1-8.1", "wrong_number", "1001"),
    }
    shown = cozum("tickets", "dispositions", "--disposition", "answered").out
    assert ("ast1-7.1" in shown, "ast1-8.1" in shown) == (True, False)
    assert json.loads(cozum("tickets", "dispositions", "--until", "2025-11-01", "--json").out) == []
    wrong = cozum("tickets", "dispose", "ast1-7.1", "gitti")
    assert (wrong.code, "disposition = gitti" in wrong.err) == (1, True)


def test_what_is_refused_is_said_in_one_line(cozum: Cozum, desk: None) -> None:
    said = cozum("tickets", "open", "request", "--topic", "uzay")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert said.err.startswith("cozum: topic = uzay: no such topic")
    assert cozum("tickets", "open", "request", "--field", "yeri").code == 2
    said = cozum("tickets", "open", "request", "--contact", "fax")
    assert (said.code, "call, text, none are allowed" in said.err) == (1, True)
    assert cozum("tickets", "move", "26-000001-0", "closed").code == 2
    other = str(TicketNumber(year=26, sequence=99))
    assert "no such number" in cozum("tickets", "note", other, "x").err
