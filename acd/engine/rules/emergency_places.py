"""Room for emergencies: the last places of the line are for callers who press that it is urgent.

The line takes `most_calls` at once; Asterisk refuses any more before it answers them. Routine callers leave
`emergency_places` of these free. A caller who comes while only those are left is asked at once, in few words, whether
the call is urgent, and is released if not (outcome `line_full`). Callers who came before keep their places."""

from itertools import chain

from acd.engine.core import Core


def is_full(core: Core, coming: int = 0) -> bool:
    """Whether only the places for emergencies are left, counting callers on the line and so many who are about to come.

    Callers who wait for a callback use no place; citizens whom the line rings do."""
    config = core.state.config
    if not config.most_calls:
        return False
    called = [core.state.calls[call] for call in chain(core.callbacks.values(), core.outcome_calls.values())]
    away = sum(call.away and call.telling is None for call in called)
    return len(core.state.calls) + coming - away > config.most_calls - config.emergency_places
