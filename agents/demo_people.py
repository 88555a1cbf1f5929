"""The demo's people: one of each role, with passwords everybody knows. For this machine only. Pure."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from agents.demo import EXTENSIONS, demo_password, with_demo_password
from agents.directory import Agent
from agents.people import Person

UNIT: Final = "fen_isleri"
LEAD_EXTENSION: Final = EXTENSIONS[-1]
"""The telephone by which the demo's lead listens, whispers and joins. Its agent signs in as before."""
OTHERS: Final = (
    Person(user="lead", name="Nermin Kılıç", role="lead", demo=True),
    Person(user="fen", name="Fen İşleri", role="unit", unit=UNIT, demo=True),
    Person(user="inbox", name="Çözüm Merkezi", role="inbox", demo=True),
    Person(user="analyst", name="Analiz", role="analyst", demo=True),
    Person(user="admin", name="Yönetici", role="admin", demo=True),
)


def demo_people(agents: Iterable[Agent]) -> tuple[Person, ...]:
    """The demo's people for these agents. Empty unless an agent has the demo's password: a line with agents of its own
    must not get an administrator with a known password."""
    agents = tuple(agents)
    known = set(with_demo_password(agents))
    if not known:
        return ()
    signed = (
        Person(user=one.extension, name=one.name, role="agent", extension=one.extension, demo=True)
        for one in agents
        if one.extension in known
    )
    has_phone = LEAD_EXTENSION in known
    others = (replace(one, extension=LEAD_EXTENSION) if one.role == "lead" and has_phone else one for one in OTHERS)
    return (*signed, *others)


def password_of(person: Person) -> str:
    """The password of somebody of the demo: `demo1001`, `demo-lead`."""
    return demo_password(person.user) if person.role == "agent" else f"demo-{person.user}"
