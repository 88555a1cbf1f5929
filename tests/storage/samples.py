"""Journal entries for the tests here: small builders, and streams of facts as an engine could have made them."""

from collections.abc import Sequence

from acd.engine.events import AnyEvent, CallDetached
from acd.engine.facts import AnyFact
from acd.engine.ids import CallId
from acd.engine.log import Entry

START = 1_764_025_361.0


def entry(seq: int, at: float | None = None, facts: Sequence[AnyFact] = (), event: AnyEvent | None = None) -> Entry:
    """An entry with an event that does not matter."""
    at = START + seq if at is None else at
    return Entry(seq=seq, event=event or CallDetached(at=at, call=CallId(f"ast1-{seq}")), facts=tuple(facts))


def entries(first: int, last: int) -> list[Entry]:
    """Entries `first` to `last`, a second apart."""
    return [entry(seq) for seq in range(first, last + 1)]
