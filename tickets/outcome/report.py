"""What an agent who called a citizen about an outcome says of it afterwards."""

from typing import Literal

import msgspec

Reported = Literal["told", "not_there", "voicemail", "wrong_number", "declined", "no_calls"]
"""As in `tickets.outcome.plan.AttemptResult`, which has what follows. `declined`: the citizen does not want to hear it.
`no_calls`: they want no calls about this request, and read it or have a text message instead."""
SETTLES: tuple[Reported, ...] = ("told", "declined")
"""After these the request counts as told."""
IN_CALL: tuple[Reported, ...] = ("told", "declined", "no_calls")
"""What can be said of a citizen who called while their outcome waited to be told."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How the call went. `score` and `remark` are the citizen's; `number` is the request's, where the call can be about
    several."""

    result: Reported
    score: int | None = None
    remark: str = ""
    number: str = ""
