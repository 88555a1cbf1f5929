"""What counts as a run in which all was well."""

import json

from tests.chaos.__main__ import RESULTS
from tests.chaos.faults import FAULTS
from tests.chaos.report import faults_found, table
from tests.chaos.run import Result


def test_a_line_that_is_back_late_is_a_fault() -> None:
    result = Result("kill", 1, recoveries_s=[0.4, 2.01, 2.0], most_s=2.0)
    assert not result.ok
    assert faults_found(result) == "kill: late: serves again after 2.01 s, at most 2 are promised"
    assert (result.as_json()["late"], result.as_json()["most_recovery_s"]) == (1, 2.0)
    assert "late" in table([result])


def test_where_nothing_is_promised_nothing_is_late() -> None:
    result = Result("hang", 1, recoveries_s=[33.0])
    assert (result.ok, faults_found(result), result.as_json()["late"]) == (True, "", 0)


def test_line_and_desk_are_promised_within_two_seconds() -> None:
    assert {name: fault.most_s for name, fault in FAULTS.items() if fault.most_s is not None} == {
        "kill": 2.0, "desk": 2.0,
    }  # fmt: skip


def test_the_results_kept_here_are_of_every_fault_in_full() -> None:
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert [one["fault"] for one in kept] == list(FAULTS)
    assert [list(one) for one in kept] == [list(Result("kill", 1).as_json())] * len(FAULTS)
    assert {one["fault"]: one["times"] for one in kept} == {name: fault.full.times for name, fault in FAULTS.items()}
