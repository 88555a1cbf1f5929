"""What a system under test is given."""

from pathlib import Path

from phones.ports import MEDIA, free_ports, free_tcp_port, free_udp_port


def test_no_port_is_given_twice() -> None:
    """Somebody may be about to listen on the first."""
    given = [*free_ports(6), *(free_tcp_port() for _ in range(300)), *free_ports(6)]
    assert len(set(given)) == len(given)


def test_a_port_for_a_phone_is_none_that_the_system_gives_to_anybody() -> None:
    """sipp opens its port some milliseconds after it was found, and a citizen's is opened minutes after."""
    chosen = [free_udp_port() for _ in range(100)] + [free_udp_port(even=True) + MEDIA - 1 for _ in range(100)]
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert (len(set(chosen)), max(chosen) < lowest) == (200, True)
