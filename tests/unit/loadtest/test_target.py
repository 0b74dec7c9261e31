"""The target is checked before a run: its host is permitted, it runs Halocline, and it holds missions."""

import socket

import pytest


@pytest.fixture(scope="module")
def target(module):
    return module("target")


def test_a_host_off_the_allow_list_is_refused(target):
    with pytest.raises(target.WrongTarget, match=r"halocline\.example is not on the allow-list"):
        target.permitted("http://halocline.example", ["other.example"])


def test_a_host_on_the_allow_list_is_permitted(target):
    assert target.permitted("http://Halocline.example/portal/", ["HALOCLINE.example"]) == (
        "http://Halocline.example/portal"
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_loopback_is_always_permitted(target, url):
    assert target.permitted(url, []) == url


def test_the_missions_of_a_good_target_are_read(target, make_target):
    url = make_target().url
    target.verify(url, "1.2.3")
    assert [(mission.platform, mission.year) for mission in target.missions(url)] == [("standin1", "2020")]


def test_a_site_without_health_is_refused(target, make_target):
    with pytest.raises(target.WrongTarget, match="/livez answered 404"):
        target.verify(make_target({"/": ("text/html", "hello")}).url)


def test_a_redirect_at_the_start_is_not_followed(target, make_target):
    with pytest.raises(target.WrongTarget, match="/livez answered 302"):
        target.verify(make_target(faults={"/livez": "moved"}).url)


def test_a_closed_port_is_refused(target):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(target.WrongTarget, match=r"does not answer: \[Errno 111\] Connection refused"):
        target.verify(f"http://127.0.0.1:{port}")


def test_an_empty_store_is_refused(target, make_target):
    with pytest.raises(target.WrongTarget, match="holds no missions"):
        target.missions(make_target(faults={"/api/v1/missions": "no items"}).url)
