"""Only the header of a trusted proxy counts, and a client cannot forge it."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.client_address import Proxies, budget, parse, proxies

PROXY = "10.0.0.7"
TRUSTED = proxies("10.0.0.0/24, 2001:db8:ff::/48")
CLIENT = "203.0.113.9"


def client(chain: str | None, peer: str = PROXY, trusted: Proxies = TRUSTED) -> str:
    header = {} if chain is None else {"HTTP_X_FORWARDED_FOR": chain}
    return str(trusted.client({"REMOTE_ADDR": peer, **header}))


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (CLIENT, CLIENT),
        (f"6.6.6.6, {CLIENT}", CLIENT),
        (f"6.6.6.6, {CLIENT}, 10.0.0.8,10.0.0.9", CLIENT),
        (f"  {CLIENT}\t", CLIENT),
        (f"{CLIENT}:4711", CLIENT),
        (f"::ffff:{CLIENT}", CLIENT),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1, 2001:db8:ff::5", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
        (", ".join([*["6.6.6.6"] * 99, CLIENT]), CLIENT),
        (None, PROXY),
        ("", PROXY),
        (" , ,", PROXY),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_trusted_proxy(chain: str | None, expected: str) -> None:
    assert client(chain) == expected


@pytest.mark.parametrize(
    "odd", ["unknown", "_hidden", "1.2.3", "1.2.3.4:port", "[::1", "[::1]x", "[::1]:999999", "", "٣.1.1.1"]
)
def test_nothing_behind_an_invalid_address_is_trusted(odd: str) -> None:
    assert client(f"6.6.6.6, {odd}") == PROXY
    assert client(f"6.6.6.6, {odd}, {CLIENT}") == CLIENT
    assert client(f"6.6.6.6, {odd}, 10.0.0.8") == "10.0.0.8"


def test_at_most_sixteen_addresses_of_a_chain_are_read() -> None:
    chain = ["6.6.6.6", *(f"10.0.0.{number}" for number in range(1, 31))]
    assert client(",".join(chain)) == "10.0.0.15"


def test_forwarded_is_not_read() -> None:
    environ = {"REMOTE_ADDR": PROXY, "HTTP_FORWARDED": "for=6.6.6.6", "HTTP_X_REAL_IP": "6.6.6.6"}
    assert str(TRUSTED.client(environ)) == PROXY


def test_with_a_star_the_peer_is_trusted_but_no_address_in_the_chain() -> None:
    any_peer = proxies("*, 198.51.100.0/24")
    assert client("6.6.6.6, 10.0.0.8", trusted=any_peer) == "10.0.0.8"
    assert client("6.6.6.6, 10.0.0.8, 198.51.100.1", trusted=any_peer) == "10.0.0.8"
    assert client(CLIENT, peer="", trusted=any_peer) == CLIENT


addresses = st.ip_addresses().map(str)
headers = st.text(max_size=200) | st.lists(addresses | st.text("0123456789abcdef.:[]%, \t", max_size=12)).map(",".join)


@given(chain=headers, peer=addresses.filter(lambda text: not TRUSTED._is_trusted(parse(text))))
def test_the_header_of_an_untrusted_peer_has_no_effect(chain: str, peer: str) -> None:
    assert client(chain, peer) == str(parse(peer))


@given(forged=headers, real=st.ip_addresses(v=4).filter(lambda one: not TRUSTED._is_trusted(one)))
def test_a_forged_header_has_no_effect_behind_a_proxy(forged: str, real: IPv4Address) -> None:
    assert client(f"{forged}, {real}") == str(real)
    assert client(f"{forged}, {real}", trusted=proxies("*")) == str(real)


@given(text=st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert parse(text) is None or ip_address(str(parse(text)))


@given(network=st.integers(0, 2**64 - 1), hosts=st.tuples(*[st.integers(0, 2**64 - 1)] * 2))
def test_all_addresses_of_one_ipv6_network_share_a_budget(network: int, hosts: tuple[int, int]) -> None:
    one, other = (IPv6Address((network << 64) + host) for host in hosts)
    assert budget(one) == budget(other) != budget(IPv6Address(((network ^ 1) << 64) + hosts[0]))


def test_each_ipv4_address_has_its_own_budget() -> None:
    assert budget(ip_address("192.0.2.1")) != budget(ip_address("192.0.2.2"))


def test_clients_without_an_address_share_a_budget() -> None:
    assert budget(parse("")) == budget(None) == "unknown"


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "traefik", "10.0.0.0/33"])
def test_an_invalid_network_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        proxies(wrong)
