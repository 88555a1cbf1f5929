"""By which rules the clocks of requests go now, for questions to the database; of one request
`tickets.changes.Rules.clock_rule` says it."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from storage.requests.rows import tickets
from tickets.changes import Rules
from tickets.clock.rules import ClockRule
from tickets.kinds import KINDS


def goes_by(rules: Rules, which: Callable[[ClockRule], bool]) -> "sa.ColumnElement[bool]":
    """Whether a request's clock goes by one of these rules: its own or, if a reload took that away, the one that the
    request would get now. Of a CİMER application it may hold too if only one that asks for information would get such
    a rule, which its fields alone say."""
    clocks, topics = rules.town.clocks, rules.town.topics
    rule = tickets.c.clock["rule"].as_string()
    topic: sa.Case[Any] = sa.case((tickets.c.topic.in_(list(topics)), tickets.c.topic), else_="")
    now: list[sa.ColumnElement[bool]] = [sa.false()]
    for kind in KINDS:
        asks = [{"information": one} for one in (False, True)]
        got = [one for one in ("", *topics) if any(which(rules.rule_for(kind, one, fields)) for fields in asks)]
        now.append(sa.and_(tickets.c.kind == kind, topic.in_(got)))
    kept = [one.id for one in clocks.values() if which(one)]
    return sa.or_(rule.in_(kept), sa.and_(rule.not_in(list(clocks)), sa.or_(*now)))
