"""Names on which Asterisk, the line and the desk must agree."""

LINE = "4440411"
"""The number that callers dial."""
CITIZEN = "citizen"
"""The endpoint of the demo's caller."""
