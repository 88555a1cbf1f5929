"""The ten demo agents of a first start, with passwords that everybody knows: for loopback only. Pure."""

from collections.abc import Callable, Iterable

from agents.directory import Agent

NAMES = (
    "Ayşe Yılmaz",
    "Mehmet Çelik",
    "Zeynep Şahin",
    "İbrahim Öztürk",
    "Elif Işık",
    "Hüseyin Doğan",
    "Gülsüm Ünal",
    "Ömer Faruk Aydın",
    "Çiğdem Irmak",
    "Mustafa Güneş",
)
EXTENSIONS = tuple(str(1001 + place) for place in range(len(NAMES)))

_HEAD = """\
# Demo agents: their PINs and passwords are known to everybody, so Çözüm serves them on loopback only.
# PIN: the extension. SIP password: demo and the extension.
"""


def demo_pin(extension: str) -> str:
    """The PIN of a demo agent."""
    return extension


def demo_password(extension: str) -> str:
    """The SIP password of a demo agent."""
    return f"demo{extension}"


def demo_agents_toml(hash_pin: Callable[[str], str]) -> str:
    """The text of an `agents.toml` with the demo agents. `hash_pin` hashes a PIN with a salt of its own."""
    entries = [_entry(extension, name, hash_pin) for extension, name in zip(EXTENSIONS, NAMES, strict=True)]
    return "\n".join([_HEAD, *entries])


def with_demo_password(agents: Iterable[Agent]) -> list[str]:
    """Extensions of the agents whose SIP password is the demo one; these must not be served beyond loopback."""
    return [agent.extension for agent in agents if agent.sip_password == demo_password(agent.extension)]


def _entry(extension: str, name: str, hash_pin: Callable[[str], str]) -> str:
    languages = '["tr", "en"]' if extension in EXTENSIONS[::2] else '["tr"]'
    return (
        "[[agent]]\n"
        f'extension = "{extension}"\n'
        f'name = "{name}"\n'
        f'pin_hash = "{hash_pin(demo_pin(extension))}"\n'
        f'sip_password = "{demo_password(extension)}"\n'
        f"languages = {languages}\n"
    )
