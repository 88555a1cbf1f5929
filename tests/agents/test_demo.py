"""The demo agents."""

from agents.demo import demo_agents_toml, demo_password, demo_pin, with_demo_password
from agents.directory import by_name, parse_agents
from agents.pins import hash_pin, verify_pin


def test_ten_agents_with_known_pins_and_passwords() -> None:
    text = demo_agents_toml(lambda pin: hash_pin(pin, bytes(16)))
    agents = parse_agents(text, file="agents.toml", services=())
    assert [agent.extension for agent in agents] == [str(number) for number in range(1001, 1011)]
    assert verify_pin(demo_pin("1004"), agents[3].pin_hash)
    assert agents[3].sip_password == "demo1004" == demo_password("1004")
    assert all(agent.services == () for agent in agents), "all of them take everything"
    assert len({agent.name for agent in by_name(agents)}) == 10
    assert sum("en" in agent.languages for agent in agents) == 5


def test_demo_passwords_are_found() -> None:
    text = demo_agents_toml(lambda pin: hash_pin(pin, bytes(16))).replace(
        "demo1002", "7fR-kp_changed".replace("_", ".")
    )
    agents = parse_agents(text, file="agents.toml", services=())
    assert with_demo_password(agents) == [str(number) for number in range(1001, 1011) if number != 1002]
