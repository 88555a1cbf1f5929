"""The options of `cozum simulate` and `cozum plan`."""

from pathlib import Path
from typing import Annotated

import typer

from acd.simulate.policy import allowed
from acd.simulate.world import SAYS_URGENT_AFTER_S, URGENT_KEY

DEFAULT_CALLS, DEFAULT_RATE = 60_000, 114.0

JsonOption = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
ShareOption = Annotated[float, typer.Option(metavar="SHARE", min=0, max=1, help="Share of calls that are urgent.")]
TalkOption = Annotated[float, typer.Option(metavar="SECONDS", min=0.001, help="Mean talk in seconds.")]
WrapupOption = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Mean wrap-up (after-call work) in seconds, exponential.")
]
PatienceOption = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.001, help="Mean seconds callers wait before they give up; none: for ever."),
]
PickupOption = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Mean seconds an agent takes to pick up, exponential.")
]
PickupCvOption = Annotated[
    float,
    typer.Option(
        metavar="CV", min=0, max=5, help="How much agents differ in it: the spread of their means by its mean."
    ),
]
MistakenOption = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        min=0,
        max=1,
        help=f"Of the urgent callers, who choose a routine service and press {URGENT_KEY} after "
        f"{SAYS_URGENT_AFTER_S:g} s.",
    ),
]
AttackersOption = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        max=10_000,
        help="Lines, each with a number of its own, that say all day that it is urgent; counted apart.",
    ),
]
AttackTalkOption = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.001, help="How long they keep an agent, on average; none: as --talk."),
]
MenuOption = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        min=0,
        max=600,
        help="Between the keys by which urgent callers say that it is urgent and what for; a part of their wait.",
    ),
]
QuitsOption = Annotated[
    float,
    typer.Option(metavar="SHARE", min=0, max=1, help="Of the urgent callers, who hang up between these keys (--menu)."),
]
RedialOption = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", min=0.001, help="Who gives up calls again, once, after this mean (exponential); none: never."
    ),
]
SeedOption = Annotated[
    int, typer.Option(metavar="N", help="The same seed gives the same callers, whatever the policy.")
]
SurgeOption = Annotated[float, typer.Option(metavar="FACTOR", min=0.001, help="Multiply the calls.")]
AgentsOption = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=5000, help="Agents on duty; 7 if none are given.")
]
CallsPerHourOption = Annotated[
    float | None, typer.Option(metavar="N", min=0.001, help=f"Calls an hour; {DEFAULT_RATE:g} if none are given.")
]
TalkDistOption = Annotated[str, typer.Option(metavar="KIND", help="exp, lognormal:CV or fixed.")]
CallsOption = Annotated[
    int | None, typer.Option(metavar="N", min=1, help=f"How many calls; {DEFAULT_CALLS:,}, or as --days has.")
]
DaysOption = Annotated[float | None, typer.Option(metavar="N", min=0.001, help="How many days.")]
StaffOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Agents by hour: 24 numbers.")]
TraceFileOption = Annotated[
    Path | None,
    typer.Option(
        "--trace",
        metavar="FILE",
        help="Replay calls: CSV with arrival_s,talk_s,class and maybe wrapup_s,patience_s,number.",
    ),
]
PolicyNameOption = Annotated[str, typer.Option("--policy", metavar="NAME", help=f"The engine's rules: {allowed()}.")]
CallsPerDayOption = Annotated[
    float | None, typer.Option(metavar="N", min=0.001, help="Calls a day; scales the profile. 2,000 without one.")
]
AsaOption = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.001, help="Target: mean wait; target_wait_s if no target is given."),
]
ServiceLevelOption = Annotated[
    float | None,
    typer.Option(metavar="PERCENT", min=0.1, max=99.99, help="Target: calls answered within --within."),
]
WithinOption = Annotated[float, typer.Option(metavar="SECONDS", min=0, help="For --service-level.")]
UrgentLevelOption = Annotated[
    float | None,
    typer.Option(metavar="PERCENT", min=0.1, max=99.99, help="Target: urgent calls within --urgent-within."),
]
UrgentWithinOption = Annotated[float, typer.Option(metavar="SECONDS", min=0, help="For --urgent-level.")]
MaxAbandonedOption = Annotated[
    float | None,
    typer.Option(metavar="PERCENT", min=0.01, max=100, help="Target: calls that may give up (--patience)."),
]
EachHourOption = Annotated[bool, typer.Option("--each-hour", help="The target holds in each hour, not over the day.")]
MinAgentsOption = Annotated[
    int, typer.Option(metavar="N", min=0, max=1000, help="Never fewer than this. 0: nobody in hours without calls.")
]
SimulatedOption = Annotated[bool, typer.Option("--simulate/--no-simulate", help="Put the formula's plan to the test.")]
TrialDaysOption = Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Days to simulate for each try.")]
HourCostOption = Annotated[float | None, typer.Option(metavar="COST", min=0, help="What one agent costs an hour.")]
ShrinkageOption = Annotated[
    float,
    typer.Option(metavar="PERCENT", min=0, max=95, help="Paid time away from the phone: breaks, training, illness."),
]
CsvFileOption = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the plan as CSV.")]
PlotOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the plan: a .svg or .png file.")]
SaveStaffOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write agents by hour, for `simulate --staff`.")
]
FileOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Calls by hour: 24 numbers.")]
