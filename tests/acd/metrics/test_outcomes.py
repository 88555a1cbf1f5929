"""Calls about outcomes, counted by who made them and what came of them."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from acd.engine.model.facts import CallEnded, OutcomeBegan, OutcomeCallOver, OutcomeCallRefused, OutcomeDialled
from acd.engine.model.ids import CallId, NodeId, ServiceId
from acd.engine.model.state import Call, State, Telling
from acd.metrics.outcomes import OutcomeSeries

CALL, WISH = CallId("ast1-outcome.26-1.1.1"), "26-1.1.1"


class Board:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.series = OutcomeSeries(self.registry)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    def dials(self) -> None:
        self.series.dialled(OutcomeDialled(at=1, call=CALL, wish=WISH, service=ServiceId("request")))

    def begins(self) -> None:
        self.series.began(OutcomeBegan(at=1, call=CALL, wish=WISH))

    def over(self, result: Any, score: int | None = None) -> None:
        self.series.over(OutcomeCallOver(at=2, call=CALL, wish=WISH, result=result, score=score))

    def ends(self, outcome: Any = "called_back", call: CallId = CALL, callback: Any = "outcome") -> None:
        self.series.ended(
            CallEnded(
                at=2, call=call, node=NodeId("ast1"), number="", name="", dialled="", service=ServiceId("request"),
                priority="outcome", language="tr", outcome=outcome, hangup_by="caller", arrived_at=0, ended_at=2,
                callback=callback,
            )
        )  # fmt: skip

    def calls(self) -> dict[tuple[str, str], float]:
        """What is above 0."""
        return {
            (sample.labels["mode"], sample.labels["result"]): sample.value
            for metric in self.registry.collect()
            for sample in metric.samples
            if sample.name == "cozum_outcome_calls_total" and sample.value
        }


@pytest.fixture
def board() -> Board:
    return Board()


def test_an_automatic_call_counts_once(board: Board) -> None:
    board.dials()
    board.begins()
    board.over("told", 2)
    board.ends()
    assert board.calls() == {("automatic", "told"): 1}
    assert board.value("cozum_outcomes_told_total", mode="automatic") == 1
    assert board.value("cozum_outcomes_told_total", mode="agent") == 0
    assert board.value("cozum_outcome_scores_total", mode="automatic", score="2") == 1


def test_one_whose_citizen_wanted_an_agent(board: Board) -> None:
    board.dials()
    board.begins()
    board.ends()
    assert board.calls() == {("automatic", "answered"): 1}


@pytest.mark.parametrize(
    ("outcome", "result"),
    [("called_back", "answered"), ("callback_failed", "not_reached"), ("callback_cancelled", "cancelled")],
)
def test_an_agent_s_call(board: Board, outcome: Any, result: str) -> None:
    board.begins()
    board.ends(outcome)
    assert board.calls() == {("agent", result): 1}
    assert board.value("cozum_outcomes_told_total", mode="agent") == 1


def test_other_calls_are_none_of_these(board: Board) -> None:
    board.ends(call=CallId("ast1-1.1"))
    board.ends(callback="asked")
    assert board.calls() == {}


@pytest.mark.parametrize(("automatic", "mode"), [(False, "agent"), (True, "automatic")])
def test_refused(board: Board, automatic: bool, mode: str) -> None:
    board.series.refused(OutcomeCallRefused(at=1, wish=WISH, why="full", automatic=automatic))
    assert board.calls() == {(mode, "refused"): 1}


def test_a_score_that_an_agent_said(board: Board) -> None:
    board.series.scored(4)
    assert board.value("cozum_outcome_scores_total", mode="agent", score="4") == 1


def test_after_a_restart_it_is_known_which_are_automatic(board: Board) -> None:
    call = Call(id=CALL, node=NodeId("ast1"), channel="", number="", name="", dialled="", arrived_at=0)
    call.telling = Telling()
    board.series.restore(State(calls={CALL: call}))
    board.begins()
    assert board.value("cozum_outcomes_told_total", mode="automatic") == 1


def test_every_series_is_there_from_the_start(board: Board) -> None:
    assert board.value("cozum_outcome_calls_total", mode="automatic", result="voicemail") == 0
    assert board.value("cozum_outcome_calls_total", mode="agent", result="not_reached") == 0
    assert board.value("cozum_outcome_scores_total", mode="agent", score="1") == 0
