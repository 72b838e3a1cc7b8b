import pytest

from gateway.net.connections import Connections, Entry, neighbourhood


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_an_address_is_counted_under_its_neighbourhood(source: str, key: str) -> None:
    assert neighbourhood(source) == key


def test_a_source_is_served_then_told_then_dropped() -> None:
    connections = Connections(total=1000, per_source=2, per_account=9)
    entries = [connections.enter("192.0.2.1") for _ in range(6)]
    assert entries == [Entry.WELCOME] * 2 + [Entry.CROWDED] * 2 + [Entry.FULL] * 2
    assert len(connections) == 4
    assert connections.enter("192.0.2.2") is Entry.WELCOME
    for _ in range(3):
        connections.leave("192.0.2.1")
    assert connections.enter("192.0.2.1") is Entry.WELCOME


def test_the_total_is_served_then_told_then_dropped() -> None:
    connections = Connections(total=4, per_source=100, per_account=9)
    entries = [connections.enter(f"192.0.2.{number}") for number in range(8)]
    assert entries == [Entry.WELCOME] * 4 + [Entry.CROWDED] * 2 + [Entry.FULL] * 2


def test_accounts_are_counted_and_forgotten() -> None:
    connections = Connections(total=4, per_source=4, per_account=1)
    assert [connections.log_in("noura"), connections.log_in("noura"), connections.log_in("dms")] == [
        True,
        False,
        True,
    ]
    connections.log_out("noura")
    assert connections.log_in("noura")
    connections.log_out("noura")
    connections.log_out("dms")
    assert not connections._accounts
