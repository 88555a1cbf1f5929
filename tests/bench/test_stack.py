"""What a system under test is given."""

from bench.stack import free_ports, free_tcp_port


def test_no_port_is_given_twice() -> None:
    """Somebody may be about to listen on the first."""
    given = [*free_ports(6), *(free_tcp_port() for _ in range(300)), *free_ports(6)]
    assert len(set(given)) == len(given)
