"""Tables of another system's requests: as spreadsheets write them, faulty ones, and once each."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acd.cli import keyboard, ticket_import
from acd.cli.import_table import Table, read_table
from acd.lib.cli_error import CliError
from bench.stack import until
from tests.acd.cli.conftest import NUMBER, Cozum
from tests.acd.cli.test_tickets import desk

__all__ = ["desk"]

HEAD = "reference,opened_at,topic,district,street,caller,name,text"
SOUND = f"B-1,2026-05-20 14:30,asfalt_talebi,esenkent,Işık Sokak,{NUMBER}2233,Fatma Gizli,Asfalt yok"


def table_of(folder: Path, text: str | bytes, name: str = "eski.csv") -> Table:
    return read_table(written(folder, text, name))


def written(folder: Path, text: str | bytes, name: str = "eski.csv") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def rows(count: int, first: int = 1) -> str:
    """So many sound rows with a line of headings."""
    lines = (SOUND.replace("B-1,", f"B-{number},") for number in range(first, first + count))
    return "\n".join([HEAD, *lines, ""])


# --- the file


@pytest.mark.parametrize(
    "text",
    [
        "reference,opened_at,mahalle\r\nB-1,2026-05-20,Esenkent\r\n",
        "\ufeffReferans;Tarih;Mahalle\r\nB-1;2026-05-20;Esenkent\r\n",
        "sep=;\nreference;opened;district\nB-1;2026-05-20;Esenkent",
        '"reference"\t"opened_at"\t"district"\n\n"B-1"\t 2026-05-20 \t"Esenkent"\n\t\t\n',
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path: Path, text: str) -> None:
    table = table_of(tmp_path, text)
    assert table.columns == ("reference", "opened_at", "district")
    (line,) = table.lines
    assert (line.values, line.fault) == ({"reference": "B-1", "opened_at": "2026-05-20", "district": "Esenkent"}, "")


def test_a_row_is_named_by_the_line_on_which_it_begins(tmp_path: Path) -> None:
    text = 'sep=,\nreference,opened_at,text\nB-1,2026-05-20,"iki\nsatır, ""tırnak"""\n\nB-2,2026-05-20,x,y\nB-3\n'
    one, two, three = table_of(tmp_path, text).lines
    assert [line.line for line in (one, two, three)] == [3, 6, 7]
    assert one.values["text"] == 'iki\nsatır, "tırnak"'
    assert [line.fault for line in (one, two, three)] == [
        *("", "3 cells are allowed, one a column; it has 4", "3 cells are allowed, one a column; it has 1"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "eski.csv: empty; a CSV file in UTF-8 is allowed whose first line names its columns: reference, "),
        ("reference,opened_at,plaka\n", "eski.csv: column 'plaka': no such column; reference, opened_at, topic, "),
        ("reference,opened_at,\n", "eski.csv: column '': no such column"),
        ("reference,tarih,opened_at\n", "eski.csv: column 'opened_at': opened_at is there twice"),
        ("reference,topic\n", "eski.csv: column opened_at: missing; it may be called opened_at, opened, "),
        ('reference,opened_at\nB-1,"x"y\n', "eski.csv, line 2: ',' expected after '\"'; a CSV file"),
        ('reference,opened_at\n\nB-1,"x\n', "eski.csv, line 3: unexpected end of data; a CSV file"),
        ("sep=::\nreference\n", "eski.csv: sep=::: one of , ; and a tab is allowed"),
        ("reference,opened_at\n\nB-1,ş\n".encode("iso8859-9"), "eski.csv, line 3: not UTF-8: save it as “CSV UTF-8”"),
        ("reference,opened_at\n".encode("utf-16"), "eski.csv, line 1: not UTF-8"),
    ],
)
def test_what_is_no_such_table(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(CliError) as error:
        table_of(tmp_path, text)
    assert str(error.value).startswith(said)
    assert error.value.code == 2


def test_a_file_that_is_not_there(cozum: Cozum) -> None:
    said = cozum("tickets", "import", "nirgends.csv")
    assert (said.code, said.err) == (2, "cozum: nirgends.csv: No such file or directory\n")


def test_batches_are_small_in_rows_and_in_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_import, "BATCH", 3)
    lines = table_of(tmp_path, rows(7)).lines
    assert [len(one) for one in ticket_import._batches(lines)] == [3, 3, 1]
    monkeypatch.setattr(ticket_import, "MOST_LETTERS", 2 * sum(map(len, lines[0].values.values())))
    assert [len(one) for one in ticket_import._batches(lines)] == [2, 2, 2, 1]
    monkeypatch.setattr(ticket_import, "MOST_LETTERS", 1)
    assert [len(one) for one in ticket_import._batches(lines)] == [1] * 7
    assert list(ticket_import._batches([])) == []


# --- through the desk


def test_a_table_is_imported_once(cozum: Cozum, desk: None, tmp_path: Path) -> None:
    file = written(tmp_path, rows(250))
    said = cozum("tickets", "import", file, "--source", "e_belediye", "--check")
    assert (said.code, said.out, said.err) == (
        *(0, "250 rows: 250 sound, 0 imported before, 0 refused; nothing was written\n", ""),
    )
    assert json.loads(cozum("tickets", "list", "--json").out) == []
    said = cozum("tickets", "import", file, "--source", "e_belediye")
    assert (said.code, said.out) == (0, "250 rows: 250 opened, 0 imported before, 0 refused\n")
    said = cozum("tickets", "import", "-", "--source", "e_belediye", "--json", stdin=rows(251))
    told = json.loads(said.out)
    assert {name: told[name] for name in ("rows", "opened", "already", "refused")} == {
        "rows": 251,
        "opened": 1,
        "already": 250,
        "refused": [],
    }
    (newest,) = told["requests"]
    assert (newest["line"], newest["reference"]) == (252, "B-251")
    shown = cozum("tickets", "show", newest["number"]).out
    assert f"import by admin token: e_belediye B-251 {keyboard.login()}" in shown
    assert f"{NUMBER}2233" not in shown
    assert "opened     2026-05-20 14:30:00" in shown
    first = json.loads(cozum("tickets", "list", "--json", "--limit", 300).out)[-1]["number"]
    assert f"e_belediye B-1 eski.csv {keyboard.login()}" in cozum("tickets", "show", first).out
    assert len(json.loads(cozum("tickets", "list", "--json", "--limit", 300).out)) == 251


def test_faulty_rows_are_told_by_line_and_by_the_words_of_the_table(cozum: Cozum, desk: None, tmp_path: Path) -> None:
    text = "\n".join(
        [
            "Referans;Tarih;Konu;Mahalle;Telefon;Kaynak",
            f"B-1;20.05.2026 14:30;asfalt_talebi;Esenkent;{NUMBER}2233;e_belediye",
            f"B-2;20.05.2199;asfalt_talebi;Esenkent;{NUMBER}2233;e_belediye",
            f"B-3;20.05.2026;uzay;Esenkent;{NUMBER}x;e_belediye",
            f"B-1;20.05.2026;asfalt_talebi;Esenkent;{NUMBER}2233;e_belediye",
            f"B-1;20.05.2026;asfalt_talebi;Esenkent;{NUMBER}2233;cimer",
            "B-4;20.05.2026",
        ]
    )
    file, kept = written(tmp_path, text), tmp_path / "kalan.csv"
    said = cozum("tickets", "import", file)
    assert (said.code, said.out) == (1, "6 rows: 2 sound, 0 imported before, 4 refused; nothing was written\n")
    lines = said.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["line 3", "line 4", "line 4", "line 5", "line 7"]
    assert lines[0].startswith("line 3: Tarih = 2199-05-20 00:00:00+03:00: 2026-05-20 14:30, ")
    assert lines[1].startswith("line 4: Konu = uzay: the id or the name of a topic")
    assert lines[2].startswith("line 4: Telefon = •••: a telephone number")
    assert lines[3] == "line 5: Referans = B-1: line 2 has it already"
    assert lines[4] == "line 7: row: 6 cells are allowed, one a column; it has 2"
    assert f"Telefon = {NUMBER}x: a tele" in cozum("tickets", "import", file, "--numbers").err
    faults = json.loads(cozum("tickets", "import", file, "--json").out)["refused"]
    assert faults[-1] == {"line": 7, "key": "row", "value": "", "allowed": lines[4].partition("row: ")[2]}
    assert (faults[0]["line"], faults[0]["key"]) == (3, "opened_at")
    assert json.loads(cozum("tickets", "list", "--json").out) == []

    said = cozum("tickets", "import", file, "--skip-faulty", "--refused", kept)
    assert (said.code, said.out) == (1, "6 rows: 2 opened, 0 imported before, 4 refused\n")
    assert kept.stat().st_mode & 0o777 == 0o600
    content = kept.read_bytes().decode("utf-8-sig")
    assert content.splitlines()[0] == "Referans;Tarih;Konu;Mahalle;Telefon;Kaynak;refused"
    assert len(read_table(kept).lines) == 4
    mended = [line.rpartition(";")[0] for line in content.splitlines()[:2]]
    mended[1] = mended[1].replace("2199", "2026")
    assert cozum("tickets", "import", written(tmp_path, "\n".join(mended))).out.startswith("1 rows: 1 opened")
    assert len(json.loads(cozum("tickets", "list", "--json").out)) == 3


def test_what_is_written_of_refused_rows_can_be_imported_as_it_is(cozum: Cozum, desk: None, tmp_path: Path) -> None:
    file, kept = written(tmp_path, f"{HEAD},source,refused\n{SOUND},CİMER,eski\n"), tmp_path / "kalan.csv"
    assert cozum("tickets", "import", file, "--refused", kept).code == 1
    content = kept.read_bytes().decode("utf-8-sig")
    assert content.splitlines()[0] == f"{HEAD},source,refused"
    assert content.splitlines()[1].startswith(f'{SOUND},CİMER,"source = CİMER: the other system')
    kept.write_bytes(content.replace("CİMER,", "cimer,").encode("utf-8-sig"))
    assert cozum("tickets", "import", kept).out == "1 rows: 1 opened, 0 imported before, 0 refused\n"


def test_urgent_rows_need_a_word(cozum: Cozum, desk: None, tmp_path: Path) -> None:
    file = written(tmp_path, f"{HEAD}\n{SOUND}\n")
    said = cozum("tickets", "import", file, "--source", "eski", "--service", "funeral")
    assert said.code == 1
    assert "somebody on duty would be rung" in said.err
    assert cozum("tickets", "import", file, "--source", "eski", "--service", "funeral", "--ring-duty").code == 0


def test_no_desk(cozum: Cozum, tmp_path: Path) -> None:
    said = cozum("tickets", "import", written(tmp_path, rows(1)))
    assert said.code == 1
    assert "no token" in said.err


def test_killed_in_the_middle_and_repeated_each_is_there_once(cozum: Cozum, desk: None, tmp_path: Path) -> None:
    count = 3000
    file = written(tmp_path, rows(count))
    words = [sys.executable, "-m", "acd.cli", "tickets", "import", str(file), "--source", "eski", "--skip-faulty"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=tmp_path, env=None)
    until("some are there", lambda: json.loads(cozum("tickets", "list", "--json", "--limit", 1).out), 30)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    there = len(json.loads(cozum("tickets", "list", "--json", "--limit", 10_000).out))
    assert 0 < there < count, "it was killed in the middle"
    said = cozum("tickets", "import", file, "--source", "eski", "--json")
    told = json.loads(said.out)
    assert told["opened"] + told["already"] == count
    assert told["already"] >= there
    records = json.loads(cozum("tickets", "list", "--json", "--limit", 10_000).out)
    assert len({one["number"] for one in records}) == len(records) == count
