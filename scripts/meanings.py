"""Words of the drawn documents that stand nowhere in the program."""

from collections.abc import Mapping

from acd.engine.model.facts import Outcome

OUTCOMES: Mapping[Outcome, str] = {
    "answered": "Talked to an agent.",
    "abandoned": "Hung up while waiting, or while an agent's phone rang; also an urgent caller who hung up so, was to "
    "be called back and was never reached.",
    "abandoned_in_menu": "Hung up in the menu, before the queue.",
    "self_served": "Needed nobody: the flow, or a surge message, said all.",
    "timed_out": "Waited longer than the service allows (`max_wait_s`), and the service overflows nowhere.",
    "rejected": "The number is `blocked`, and the wish was not urgent.",
    "closed": "Came outside the service's `hours`.",
    "no_agents": "Nobody was on duty who could take the call (`join_empty`, `leave_empty`).",
    "line_full": "Came when only the places for emergencies were left, and did not say that it is urgent.",
    "called_back": "Had hung up, was called back and talked to an agent.",
    "callback_failed": "Was called back `callback_tries` times and not reached.",
    "callback_cancelled": "Was to be called back, and that was called off: by a person, or by rules that changed.",
}
"""What each outcome means."""

HOURS_KEYS = (
    (
        "`week`",
        'needed: days (`mon`, `tue`, …, or `mon-fri`) and when it is open then: `"08:30-17:30"`, several spans apart '
        'by a space, `""` for closed. A day that is not named is closed. A span that ends at or before its beginning '
        'goes on into the next day: `"22:00-06:00"`; `24:00` is midnight',
    ),
    (
        "`holidays`",
        "a country's code, such as `TR`: closed on its public holidays, on half days from 13:00. Left out: "
        "holidays are days like others",
    ),
    ("`days`", 'dates with times of their own, instead of what week and holidays say; `""` is closed'),
)
"""Keys of `[hours.NAME]` and what they mean."""

NUMBERS_KEYS = (
    ("`switchboards`", "numbers that many people share: no cap on their calls at once, and none is a repeat caller"),
    ("`blocked`", "numbers that are not connected for anything routine: told so and let go, outcome `rejected`"),
    (
        "`[vip]`",
        "numbers and the points (more than 0, 86,400 at most) that they come to a routine queue with: so many seconds "
        "of waiting, where the service's `ageing` is 1. They count for nothing urgent",
    ),
)
"""Keys of numbers.toml and what they mean."""
