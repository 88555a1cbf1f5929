"""Files and options: what is taken, and what is said about what is not."""

from pathlib import Path
from random import Random
from statistics import fmean, pstdev

import pytest

from acd.simulate.inputs import BadInput, duration, hourly, trace


def written(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        " ".join(str(n) for n in range(24)),
        ",".join(str(n) for n in range(24)),
        "# calls\n" + "\n".join(str(n) for n in range(24)),
        "hour,calls\n" + "\n".join(f"{n},{n}" for n in range(24)),
        "\n".join(f"{n:02d}:00;{n}" for n in range(24)),
    ],
)
def test_hourly_forms(tmp_path: Path, text: str) -> None:
    assert hourly("--profile", written(tmp_path, text)) == tuple(range(24))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3", "has 3 numbers; must have 24"),
        (" ".join(["1"] * 23 + ["x"]), "hour 23: 'x': must be a number"),
        (" ".join(["1"] * 23 + ["-1"]), "-1: must be a number, 0 or more"),
        (" ".join(["0"] * 24), "all hours are 0"),
        (" ".join(["1.5"] * 24), "whole numbers"),
        ("\n".join(f"{n + 1},1" for n in range(24)), "hours 0 to 23 in order"),
    ],
)
def test_hourly_faults(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        hourly("--staff", written(tmp_path, text), whole=True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.csv: cannot be read"):
        hourly("--staff", tmp_path / "nowhere.csv")


def test_trace(tmp_path: Path) -> None:
    calls = trace(written(tmp_path, "arrival_s,class,talk_s,patience_s\n9,routine,5,\n1.5,urgent,60,30\n"))
    assert [(c.arrival_s, c.urgent, c.talk_s, c.wrapup_s, c.patience_s) for c in calls] == [
        (1.5, True, 60, None, 30),
        (9, False, 5, None, None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arrival_s,class\n1,urgent\n", "no column talk_s"),
        ("arrival_s,talk_s,class\n1,2,acil\n", "line 2: class: 'acil': must be urgent or routine"),
        ("arrival_s,talk_s,class\n1,2\n", "line 2: must have 3 cells"),
        ("arrival_s,talk_s,class\n1,nan,urgent\n", "line 2: talk_s: nan: must be a number, 0 or more"),
        ("arrival_s,talk_s,class\n", "has no calls"),
    ],
)
def test_trace_faults(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        trace(written(tmp_path, text))


@pytest.mark.parametrize(
    ("mean_s", "form", "said"),
    [
        (-1, "exp", "--talk: -1: must be seconds"),
        (1, "gauss", "must be exp, fixed or lognormal:CV"),
        (1, "lognormal", "must be a number"),
        (1, "lognormal:0", "CV must be above 0"),
        (1, "exp:2", "must be exp, fixed or lognormal:CV"),
    ],
)
def test_duration_faults(mean_s: float, form: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        duration("--talk", mean_s, form)


@pytest.mark.parametrize(("form", "cv"), [("exp", 1.0), ("lognormal:0.5", 0.5), ("fixed", 0.0)])
def test_durations_have_their_mean_and_spread(form: str, cv: float) -> None:
    rng, one = Random(1), duration("--talk", 140, form)
    drawn = [one.draw(rng) for _ in range(40_000)]
    assert fmean(drawn) == pytest.approx(140, rel=0.02)
    assert pstdev(drawn) / 140 == pytest.approx(cv, abs=0.02)
