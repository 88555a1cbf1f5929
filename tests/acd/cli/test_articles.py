"""`cozum articles` beside a running desk, and what `cozum report` says of articles that answered calls."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from acd.client import Api, ApiError
from acd.config.load_settings import load_settings
from bench.stack import until
from tests.acd.cli.conftest import Cozum, Records

DAY = ("--day", "1970-01-01")
NOON = 10 * 3_600_000
FILE = """
[[article]]
id = "isik"
topic = "sokak_lambasi"
title = "Işık yanmıyor"
text = "186"

[[article]]
id = "vergi"
topic = "vergi"
title = "Vergi ne zaman?"
text = "Mayıs"
valid_until = 2020-05-31
"""


def serves() -> bool:
    try:
        Api(load_settings(None)).get("articles")
    except ApiError:
        return False
    return True


def test_a_file_is_imported_once_and_what_people_wrote_stays(
    cozum: Cozum, daemon: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    until("the database serves", serves, 60)
    file = tmp_path / "some.toml"
    file.write_text(FILE, "utf-8")
    assert cozum("articles", "import", file).out == "2 added, 0 replaced, 0 kept\n"
    assert json.loads(cozum("articles", "import", file, "--json").out) == {"added": 0, "replaced": 0, "kept": 2}
    (found,) = json.loads(cozum("articles", "list", "--search", "isik yan", "--json").out)
    assert (found["key"], found["version"], found["who"]) == ("isik", 1, "token")
    api = Api(load_settings(None))
    ours = {"title": "Bizim sözümüz: ışık", "text": "187", "topic": "sokak_lambasi"}
    api.put(f"articles/{found['id']}", ours, {"If-Match": "*"})
    assert cozum("articles", "import", file).out == "0 added, 0 replaced, 2 kept\n"
    assert "Bizim sözümüz" in cozum("articles", "list").out
    assert cozum("articles", "import", file, "--overwrite").out == "0 added, 1 replaced, 1 kept\n"
    shown = cozum("articles", "show", found["id"]).out
    assert "title      Işık yanmıyor" in shown
    assert [line[11] for line in shown.splitlines() if line.startswith("version")] == ["3", "2", "1"]
    assert shown.endswith("\n186\n")
    whole = json.loads(cozum("articles", "show", found["id"], "--json").out)
    assert [one["version"] for one in whole["versions"]] == [3, 2, 1]
    stale = cozum("articles", "list", "--stale").out.splitlines()
    assert ["Vergi ne zaman?" in line and "stale" in line for line in stale[1:]] == [True]

    file.write_text(FILE.replace('topic = "vergi"', 'topic = "taxes"'), "utf-8")
    said = cozum("articles", "import", file)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"cozum: {file}: article.1.topic")
    said = cozum("articles", "import", tmp_path / "nowhere.toml")
    assert "nowhere.toml: cannot be read" in said.err
    assert cozum("articles", "show", 999).err == "cozum: there is no article 999; `cozum articles list` has them\n"
    assert cozum("articles", "list", "--search", "zürafa").err == "cozum: no article like that\n"


# --- in the report


@pytest.fixture
def answered(filled: Records, data_dir: Path) -> Records:
    """Two calls answered by one article, one wrong number, one answer of another day; the urgent call opened a
    request, and none of the day's talks did."""
    with sqlite3.connect(data_dir / "cozum.db") as database:
        for call, at in (("a", NOON), ("b", NOON), ("c", NOON), ("d", NOON + 86_400_000)):
            database.execute(
                "INSERT INTO calls (id, node, caller, name, dialled, service, class, language, outcome, agent,"
                " arrived_at, entered_at, ended_at)"
                " VALUES (?, 'ast1', '', '', '', 'request', 'routine', 'tr', 'answered', '1001', ?, ?, ?)",
                (call, at, at, at + 60_000),
            )
        database.execute(
            "INSERT INTO articles (id, version, updated_at, role, who, topic, language, title, text, words, withdrawn,"
            " folded) VALUES (7, 1, 0, 'lead', 'lead', 'vergi', 'tr', 'Vergi ne zaman?', 'Mayıs', '', 0, 'vergi')"
        )
        row = (
            "INSERT INTO dispositions (call, disposition, article, at, role, who) VALUES (?, ?, ?, ?, 'agent', '1001')"
        )
        for call, disposition, article, at in (
            ("a", "answered", 7, NOON),
            ("b", "answered", 7, NOON),
            ("c", "wrong_number", None, NOON),
            ("d", "answered", 7, NOON + 86_400_000),
        ):
            database.execute(row, (call, disposition, article, at))
    return filled


def test_the_report_counts_calls_resolved_at_first_contact_by_article(cozum: Cozum, answered: Records) -> None:
    found = json.loads(cozum("report", *DAY, "--json").out)["contacts"]
    assert found == {
        "dispositions": {"answered": 2, "wrong_number": 1},
        "opened_a_request": 0,
        "talks": 4,
        "without_a_word": 1,
        "known": 0.75,
        "first_contact_resolution": 1.0,
        "answered_by_topic": [{"topic": None, "answered": 2}],
        "articles": [{"id": 7, "title": "Vergi ne zaman?", "topic": "vergi", "answered": 2}],
    }
    said = cozum("report", *DAY).out
    assert "resolved at first contact: 100.0% (2 answered at once, 0 calls opened a request)\n" in said
    assert [line.split() for line in said.splitlines() if line.endswith("vergi")] == [
        ["2", "Vergi", "ne", "zaman?", "vergi"]
    ]
