"""The part of `cozum report` about what became of calls: requests, answers at once, and the articles that gave them."""

from typing import Any

from acd.cli.parts import print_table

Contacts = dict[str, Any]
SHOWN = 10
"""The most articles that are printed."""


def print_contacts(contacts: Contacts) -> None:
    """Print them, if there are any."""
    share, given = contacts["first_contact_resolution"], contacts["dispositions"]
    if share is not None:
        print()
        print(
            f"resolved at first contact: {share * 100:.1f}% ({given.get('answered', 0):,} answered at once, "
            f"{contacts['opened_a_request']:,} calls opened a request)"
        )
    if contacts["talks"]:
        if share is None:
            print()
        print(
            f"ended without a word: {contacts['without_a_word']:,} of {contacts['talks']:,} routine calls that an "
            f"agent had; what became of {contacts['known'] * 100:.1f}% is known"
        )
    topics = [(one["answered"], one["topic"] or "(not said)") for one in contacts["answered_by_topic"]]
    if topics:
        print()
        print_table(("calls", "answered at once, by topic"), topics, right=("calls",))
    rows = [(one["answered"], one["title"], one["topic"]) for one in contacts["articles"][:SHOWN]]
    if rows:
        print()
        print_table(("calls", "answered by the article", "topic"), rows, right=("calls",))
