"""Words of the drawn documents that stand nowhere in the program."""

from collections.abc import Mapping

from acd.engine.model.facts import Outcome

OUTCOMES: Mapping[Outcome, str] = {
    "answered": "Talked to an agent.",
    "abandoned": "The caller hung up while waiting, or while an agent's phone rang; also if an urgent caller hung up "
    "so and the callback never reached them.",
    "abandoned_in_menu": "The caller hung up in the menu, before the queue.",
    "self_served": "The caller needed no agent: the flow or a surge message answered them.",
    "timed_out": "The caller waited longer than the service allows (`max_wait_s`), and the service has no overflow.",
    "rejected": "The number is `blocked`, and the call was not urgent.",
    "closed": "The call came outside the service's `hours`.",
    "no_agents": "No agent on duty could take the call (`join_empty`, `leave_empty`).",
    "line_full": "Only the places for emergencies were left, and the caller did not press that it is urgent.",
    "message_left": "No agent was free, and the caller left a message (`message_s`).",
    "called_back": "The caller had hung up, was called back and talked to an agent.",
    "callback_failed": "The line called back `callback_tries` times and did not reach the caller.",
    "callback_cancelled": "A person, or changed rules, cancelled the callback.",
}
"""What each outcome means."""

HOURS_KEYS = (
    (
        "`week`",
        'needed: days (`mon`, `tue`, …, or `mon-fri`) with their opening times: `"08:30-17:30"`, several spans '
        'separated by spaces, `""` for closed. A day that is not named is closed. A span that ends at or before its '
        'beginning goes on into the next day: `"22:00-06:00"`; `24:00` is midnight',
    ),
    (
        "`holidays`",
        "a country's code, such as `TR`: closed on its public holidays, and on half days from 13:00. Left out: "
        "holidays are ordinary days",
    ),
    ("`days`", 'dates with times of their own, which replace those of week and holidays; `""` is closed'),
)
"""Keys of `[hours.NAME]` and what they mean."""

NUMBERS_KEYS = (
    ("`switchboards`", "numbers that many people share: no cap on their calls at once, and none is a repeat caller"),
    ("`blocked`", "numbers whose routine calls are not connected: they hear so and are released, outcome `rejected`"),
    (
        "`[vip]`",
        "numbers with the points (more than 0, 86,400 at most) that they have when they enter a routine queue. A point "
        "is a second of waiting if the service's `ageing` is 1. Points do not count in urgent queues",
    ),
)
"""Keys of numbers.toml and what they mean."""
