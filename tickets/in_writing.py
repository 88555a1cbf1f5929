"""What the law takes in writing alone: an application for information (law 4982, article 6) needs the name, address and
signature of whoever makes it. A telephone call has none of them; its caller is told where to apply."""

from tickets.changes import Rules, refuse
from tickets.refusals import Refusal

TELEPHONE = "phone"
"""The channel of what citizens say on the line."""
PAPER = "paper"
"""The channel of what came earlier than it is opened, if nothing else is said."""
WHERE = "in person, by post, by e-Devlet or by CİMER"


def spoken_application(kind: str, topic: str | None, rules: Rules, *, written: str) -> Refusal | None:
    """The refusal of an application for information that a citizen makes on the telephone; None where the request is
    none. An application by CİMER is in writing. `written` says what to do with one that came in writing."""
    about = rules.town.topics.get(topic or "")
    of_topic = about is not None and about.kind == "information" and kind != "cimer"
    if kind != "information" and not of_topic:
        return None
    key, value = ("kind", kind) if kind == "information" and not of_topic else ("topic", topic)
    allowed = (
        f"law 4982 takes it in writing alone, not by telephone: tell the citizen to apply {WHERE}, and close the call "
        f"with the disposition answered; {written}"
    )
    return refuse("not_allowed", key, value, allowed)
