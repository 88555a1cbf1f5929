"""The services file."""

import pytest

from acd.checks import BadFile
from acd.engine.config import Relaxation
from acd.engine.ids import ServiceId
from acd.services import parse_services, services_text


def test_the_shipped_file_is_what_it_says() -> None:
    source, text = services_text(None)
    shipped = parse_services(text, source)
    urgent = [service.id for service in shipped.services if service.klass == "urgent"]
    assert urgent == ["funeral", "doctor", "patient_transfer", "ambulance", "injured_animal"]
    assert shipped.default == "agent"
    assert shipped.labels[ServiceId("request")] == "Talep ve şikâyet"


def test_skills_languages_and_relaxation() -> None:
    text = """
        default_service = "request"
        [service.request]
        min_level = 3
        language = "any"
        relax = [{ after_s = 20, level = 2 }, { after_s = 40, level = 1, any_language = true }]
    """
    [service] = parse_services(text, "s.toml").services
    assert (service.min_level, service.language_required) == (3, False)
    assert service.relax == (Relaxation(after_s=20, level=2), Relaxation(after_s=40, level=1, any_language=True))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "s.toml: service: at least one [service.NAME] is needed"),
        ("[service.Agent]", "s.toml: service.Agent: a service's name is a small letter"),
        (
            "[service.agent]\nclas = 'urgent'",
            's.toml: service.agent.clas = "urgent": no such key (did you mean "class"?)',
        ),
        ("[service.agent]\nclass = 'top'", 's.toml: service.agent.class = "top": must be urgent or routine'),
        ("[service.agent]\nmin_level = 11", "s.toml: service.agent.min_level = 11: must be a level from 1 to 10"),
        ("[service.agent]\nrelax = [{ level = 1 }]", "s.toml: service.agent.relax = "),
        ("[service.request]", 's.toml: default_service = "agent": no such service'),
        ("[service.agent]\nhours = 'office'", 's.toml: service.agent.hours = "office": no such [hours.NAME]'),
    ],
)
def test_every_fault_is_named(text: str, fault: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse_services(text, "s.toml")
    assert fault in str(caught.value)
