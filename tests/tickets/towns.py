"""The first town's files, and the town that they make."""

from importlib.resources import files

from tickets.town.load import NEEDED, OPTIONAL, load_town
from tickets.town.model import Town

SERVICES = (
    "funeral",
    "doctor",
    "patient_transfer",
    "ambulance",
    "injured_animal",
    "request",
    "information",
    "ticket_status",
    "agent",
)


def shipped_texts() -> dict[str, str]:
    """The texts of the shipped files by name."""
    folder = files("tickets") / "data"
    return {
        name: (folder / name).read_text(encoding="utf-8") for name in (*NEEDED, *OPTIONAL) if (folder / name).is_file()
    }


def town_with(**changes: str) -> Town:
    """The first town with other texts; `topics_toml` stands for `topics.toml`."""
    texts = shipped_texts() | {".".join(name.rsplit("_", 1)): text for name, text in changes.items()}
    return load_town(texts, services=SERVICES)


TOWN = town_with()
