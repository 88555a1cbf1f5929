"""The two commands as they are typed."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from acd.simulate.cli import mount

app = typer.Typer()
mount(app)
SIMULATE = ("simulate", "--agents", "7", "--calls-per-hour", "114", "--calls", "800", "--seed", "1")


def run(*args: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result.output


def statistics(*args: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*args, "--json"))
    return found


def test_the_contract() -> None:
    got = statistics(*SIMULATE, "--urgent-share", "0.08", "--talk", "140", "--wrapup", "25", "--policy", "strict")
    assert list(got) == [
        *("policy", "calls", "answered", "abandoned", "inversions", "lost", "wall_s", "classes", "theory"),
        "target",
    ]
    assert (got["policy"], got["calls"], got["answered"], got["lost"], got["inversions"]) == ("strict", 800, 800, 0, 0)
    assert list(got["classes"]) == ["urgent", "routine", "all"]
    for one in got["classes"].values():
        assert list(one) == [
            *("offered", "answered", "abandoned", "mean_wait_s", "p50_wait_s", "p95_wait_s", "max_wait_s", "within")
        ]
        assert list(one["within"]) == ["6", "15", "20"]
    assert got["theory"]["urgent"]["mean_wait_s"] == pytest.approx(8.76, abs=0.01)


def test_the_target_is_that_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answered within it or given up before it, of all who were answered or gave up; 6 s if nothing else is set."""
    patient = statistics(*SIMULATE)
    assert patient["target"]["wait_s"] == 6
    assert patient["target"]["within"] == {name: one["within"]["6"] for name, one in patient["classes"].items()}
    monkeypatch.setenv("COZUM_TARGET_WAIT_S", "20")
    twenty = statistics(*SIMULATE)
    assert twenty["target"]["within"] == {name: one["within"]["20"] for name, one in twenty["classes"].items()}
    hasty = statistics(*SIMULATE, "--patience", "15")
    assert hasty["target"]["within"]["all"] > hasty["classes"]["all"]["within"]["20"]
    assert "Target of 20 s, held against answered and abandoned: urgent " in run(*SIMULATE)


def test_phones_that_answer_by_themselves() -> None:
    slow = (*SIMULATE, "--pickup", "5", "--menu", "4.5")
    shipped, urgent, everybody = (
        statistics(*slow, "--policy", name)["classes"] for name in ("cozum", "auto_answer", "auto_answer_all")
    )
    assert [one["all"]["answered"] for one in (shipped, urgent, everybody)] == [800, 800, 800]
    assert urgent["urgent"]["mean_wait_s"] < shipped["urgent"]["mean_wait_s"] - 3
    assert everybody["routine"]["mean_wait_s"] < urgent["routine"]["mean_wait_s"] - 3


def test_what_early_rings_cost_for_callers_who_hang_up_in_the_menu() -> None:
    asked = (*SIMULATE, "--pickup", "5", "--menu", "4.5", "--quits", "0.5", "--urgent-share", "0.3")
    early, late = (statistics(*asked, "--policy", name)["quits"] for name in ("cozum", "menu_first"))
    assert 0 < early["rung"] <= early["calls"] < late["calls"]
    assert (0 < early["rung_s"] < 4.5 * early["rung"], late["rung"], late["rung_s"]) == (True, 0, 0)
    assert f"Of {early['calls']} who hung up in the menu a phone rang for {early['rung']}" in run(*asked)
    assert "--quits: needs --menu" in run(*SIMULATE, "--quits", "0.5", code=2)


def test_a_table_for_people() -> None:
    text = run(*SIMULATE, "--policy", "fifo")
    assert "theory" in text
    assert "talk and wrap-up" in text


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--policy", "best"), "--policy: best: must be one of fifo, strict, ageing:U:N, reserve:K, cozum"),
        (("--policy", "ageing:5"), "must have 2 number(s)"),
        (("--policy", "ageing:0:1"), "points a second must be above 0"),
        (("--policy", "reserve:1.5"), "K must be a whole number"),
        (("--policy", "reserve:7"), "K must be less than the 7 agents"),
        (("--policy", "headroom:7"), "K must be less than the 7 agents"),
        (("--policy", "backup:2"), "must have 2 number(s): backup is backup:K:T"),
        (("--policy", "backup:1.5:20"), "K must be a whole number"),
        (("--talk-dist", "gauss"), "must be exp, fixed or lognormal:CV"),
        (("--profile", "nowhere.txt"), "--calls-per-hour and --profile: give one of the two"),
        (("--staff", "nowhere.txt"), "--agents and --staff: give one of the two"),
        (("--trace", "nowhere.csv"), "--trace and --calls-per-hour: give one of the two"),
        (("--talk", "inf"), "--talk: inf: must be seconds"),
        (("--patience", "inf"), "--patience: inf: must be seconds"),
        (("--surge", "inf"), "--surge: inf: must be a finite number"),
        (("--days", "inf"), "--days: inf: must be a finite number"),
    ],
)
def test_faults_are_one_line(args: tuple[str, ...], said: str) -> None:
    text = run(*SIMULATE, *args, code=2)
    assert text.startswith("cozum simulate: ")
    assert said in text
    assert text.count("\n") == 1


def test_options_out_of_range_are_refused() -> None:
    assert "--urgent-share" in run(*SIMULATE, "--urgent-share", "1.5", code=2)
    assert "--agents" in run("simulate", "--agents", "0", code=2)


def test_profile_staff_days_and_surge(tmp_path: Path) -> None:
    profile, staff = tmp_path / "profile.txt", tmp_path / "staff.txt"
    profile.write_text(" ".join(["20"] * 24))
    staff.write_text("\n".join(["3"] * 24))
    quiet, busy = (
        statistics("simulate", "--profile", profile, "--staff", staff, "--days", "2", "--surge", surge)
        for surge in ("1", "1.4")
    )
    assert quiet["calls"] == pytest.approx(960, rel=0.1)
    assert busy["calls"] == pytest.approx(960 * 1.4, rel=0.1)
    assert quiet["theory"] is None


def test_what_agents_and_callers_do_besides() -> None:
    plain, slow = (statistics(*SIMULATE, "--policy", "strict", "--pickup", seconds) for seconds in ("0", "6"))
    assert slow["classes"]["urgent"]["mean_wait_s"] > plain["classes"]["urgent"]["mean_wait_s"] + 6
    assert (plain["theory"] is None, slow["theory"]) == (False, None)
    heard, unheard = (statistics(*SIMULATE, "--mistaken", "0.5", "--policy", name) for name in ("escalation", "strict"))
    assert heard["classes"]["urgent"]["mean_wait_s"] < unheard["classes"]["urgent"]["mean_wait_s"]
    again = statistics(*SIMULATE, "--patience", "60", "--redial", "60")
    assert again["calls"] > 800
    assert again["lost"] == 0


def test_trace(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("arrival_s,talk_s,class,wrapup_s\n0,100,routine,0\n10,50,routine,0\n20,50,urgent,0\n")
    got = statistics("simulate", "--trace", path, "--agents", "1", "--policy", "strict")
    assert got["classes"]["urgent"]["mean_wait_s"] == pytest.approx(80)
    assert got["classes"]["routine"]["max_wait_s"] == pytest.approx(140)
    assert got["classes"]["all"]["within"]["6"] == pytest.approx(1 / 3, abs=1e-6)


def test_plan_writes_everything(tmp_path: Path) -> None:
    table, staff = tmp_path / "plan.csv", tmp_path / "staff.csv"
    for plot in (tmp_path / "plan.svg", tmp_path / "plan.png"):
        got = statistics(
            *("plan", "--calls-per-day", "2000", "--asa", "6", "--no-simulate", "--hour-cost", "250"),
            *("--csv", table, "--save-staff", staff, "--plot", plot),
        )
        assert plot.stat().st_size > 10_000
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "plan.svg").read_text(encoding="utf-8")
    assert got["staff_hours"] == 163
    assert got["cost"] == 163 * 250
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert [int(row["agents"]) for row in rows] == got["staff"]
    assert all(float(row["one_more_day_asa_s"]) <= got["formula"]["asa_s"] for row in rows)
    # what plan writes, simulate reads
    replayed = statistics("simulate", "--staff", staff, "--calls-per-hour", "10", "--days", "1")
    assert replayed["lost"] == 0


def test_plan_simulates() -> None:
    got = statistics(*("plan", "--calls-per-day", "400", "--asa", "20", "--days", "3", "--policy", "strict"))
    assert got["met"]
    assert got["simulated"]["asa_s"] <= 20
    assert got["staff_hours"] == sum(got["staff"])


def widest_row(text: str) -> int:
    """Width of the table; the notes below it wrap at the terminal's width."""
    lines = text.splitlines()
    rules = [n for n, line in enumerate(lines) if "────" in line]
    return max(len(line.rstrip()) for line in lines[: rules[-1] + 2])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--service-level", "80", "--within", "15"), ("target 80% of all ≤ 15 s met", "≤15 s", "day")),
        (("--urgent-level", "95"), ("target 95% of urgent ≤ 15 s met",)),
        (("--patience", "60", "--max-abandoned", "3"), ("target 3% give up at most met", "gave", "up %")),
        (("--asa", "9", "--each-hour"), ("ASA ≤ 9 s in each hour met",)),
        (("--asa", "9", "--hour-cost", "300", "--shrinkage", "25"), ("roster", "cost", "25% away")),
        (("--asa", "9", "--hour-cost", "300", "--calls-per-day", "2000"), ("cost",)),
    ],
)
def test_plan_for_people(args: tuple[str, ...], said: tuple[str, ...]) -> None:
    text = run("plan", "--calls-per-day", "400", "--no-simulate", *args)
    for words in said:
        assert words in text
    assert "One more does the day most good at " in text
    assert ("--each-hour plans for each" in text) == ("--each-hour" not in args)
    if "--shrinkage" not in args:
        assert widest_row(text) <= 80


def test_a_plan_is_for_the_lines_own_target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    few = ("plan", "--calls-per-day", "400", "--no-simulate")
    assert statistics(*few)["target"]["asa_s"] == 6.0
    monkeypatch.setenv("COZUM_TARGET_WAIT_S", "30")
    assert statistics(*few)["target"]["asa_s"] == 30.0
    assert statistics(*few, "--asa", "9")["target"]["asa_s"] == 9.0


@pytest.mark.parametrize("more", [("--calls-per-day", "200"), ("--calls-per-day", "2000", "--hour-cost", "250")])
def test_the_simulated_plan_fits_a_terminal(more: tuple[str, ...]) -> None:
    text = run("plan", "--asa", "20", "--days", "1", "--policy", "strict", *more)
    assert "(simulated)" in text
    assert "by formula and " in text
    assert widest_row(text) <= 80


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--max-abandoned", "3"), "--max-abandoned: needs --patience"),
        (("--urgent-level", "95", "--urgent-share", "0"), "--urgent-level: needs --urgent-share above 0"),
        (("--no-simulate", "--plot", "plan.pdf"), "must end in .svg or .png"),
        (("--talk", "inf"), "--talk: inf: must be seconds"),
        (("--patience", "inf"), "--patience: inf: must be seconds"),
        (("--calls-per-day", "inf"), "--calls-per-day: inf: must be a finite number"),
        (("--hour-cost", "inf"), "--hour-cost: inf: must be a finite number"),
        (("--asa", "0.001", "--calls-per-day", "3e6"), "cannot be reached with 5000 agents"),
        (("--no-simulate", "--csv", "no/such/folder.csv"), "cannot be written"),
    ],
)
def test_plan_faults(args: tuple[str, ...], said: str) -> None:
    text = run("plan", *args, code=2)
    assert text.startswith("cozum plan: ")
    assert said in text


def test_what_one_agent_does_is_seen_in_a_large_plan() -> None:
    """Among thousands of staff-hours it is a few hundredths of a second."""
    text = run("plan", "--calls-per-day", "60000", "--no-simulate")
    words = next(line for line in text.splitlines() if line.startswith("One fewer")).split()
    now, then = (float(words[words.index(word) + step]) for word, step in (("becomes", -2), ("becomes", 1)))
    assert then > now
