"""Callers who hear of a request or a notice in the menu, as `cozum journal why` tells it."""

import pytest

from acd.engine.model.ids import CallId
from acd.engine.model.monitor_events import NoticeHeard
from acd.engine.model.monitor_facts import Notice
from acd.engine.model.request_events import RequestTold
from acd.engine.model.request_facts import HeardHow, RequestHeard
from tests.acd.engine.line import Line
from tests.acd.explain.telling import told

NUMBER = "26-000001-9"


@pytest.mark.parametrize("how", ["number", "own", "unasked"])
@pytest.mark.parametrize("lang", ["en", "tr"])
def test_it_is_told_which_request_the_caller_heard_of(how: HeardHow, lang: str) -> None:
    line = Line("1001")
    line.attaches("c1")
    line.do(RequestTold(at=line.at, call=CallId("c1"), ticket=NUMBER, how=how))
    assert line.facts(RequestHeard) == [RequestHeard(at=line.at, call=CallId("c1"), ticket=NUMBER, how=how)]
    (sentence,) = [one for one in told(line, "c1", lang=lang) if one.kind == f"request_{how}"]
    assert NUMBER in sentence.text


@pytest.mark.parametrize(("lang", "seconds"), [("en", "7.4"), ("tr", "7,4")])
@pytest.mark.parametrize("notice", ["privacy", "recording", "monitoring"])
def test_it_is_told_when_a_notice_was_heard(notice: Notice, lang: str, seconds: str) -> None:
    line = Line("1001")
    line.attaches("c1")
    line.passes(7.4)
    line.do(NoticeHeard(at=line.at, call=CallId("c1"), notice=notice, prompt=notice))
    (sentence,) = [one for one in told(line, "c1", lang=lang) if one.kind == f"notice_{notice}"]
    assert seconds in sentence.text
    assert "(" not in sentence.text


@pytest.mark.parametrize(("lang", "version"), [("en", "(version tr-01f3)"), ("tr", "(sürüm tr-01f3)")])
@pytest.mark.parametrize("notice", ["privacy", "recording", "monitoring"])
def test_it_is_told_which_version_of_a_notice_was_heard(notice: Notice, lang: str, version: str) -> None:
    line = Line("1001")
    line.attaches("c1")
    line.do(NoticeHeard(at=line.at, call=CallId("c1"), notice=notice, prompt=notice, version="tr-01f3"))
    (sentence,) = [one for one in told(line, "c1", lang=lang) if one.kind == f"notice_{notice}"]
    assert sentence.text.endswith(version)


def test_a_call_that_is_over_hears_nothing() -> None:
    line = Line("1001")
    line.do(RequestTold(at=line.at, call=CallId("c1"), ticket=NUMBER, how="own"))
    assert line.facts(RequestHeard) == []
