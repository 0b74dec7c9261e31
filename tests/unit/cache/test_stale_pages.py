"""When a stale page is served: during a rendering, with the background refresh, and when rendering fails."""

import threading

from werkzeug.test import TestResponse

from tests.unit.cache.doubles import Setup


def test_concurrent_requests_share_one_rendering(setup: Setup) -> None:
    setup.site.gate = threading.Event()
    responses: list[TestResponse] = []
    threads = [threading.Thread(target=lambda: responses.append(setup.get("/"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert setup.site.started.acquire(timeout=10)
    setup.site.gate.set()
    for thread in threads:
        thread.join(10)
    assert setup.site.rendered == ["/?"]
    assert {response.data for response in responses} == {responses[0].data}
    assert len(responses) == 8


def test_other_requests_get_the_stale_page_during_a_rendering(setup: Setup) -> None:
    setup.get("/")
    setup.change_and_poll()
    setup.site.gate, setup.site.started = threading.Event(), threading.Semaphore(0)
    first: list[TestResponse] = []
    thread = threading.Thread(target=lambda: first.append(setup.get("/")))
    thread.start()
    assert setup.site.started.acquire(timeout=10)
    meanwhile = setup.get("/")
    setup.site.gate.set()
    thread.join(10)
    assert "version 1" in meanwhile.text
    assert "version 2" in first[0].text
    assert setup.outcomes == ["miss", "stale", "miss"]


def test_with_the_background_refresh_no_request_waits(setup: Setup) -> None:
    setup.has_refresh = True
    setup.get("/")
    setup.change_and_poll()
    assert "version 1" in setup.get("/").text
    assert "version 1" in setup.get("/").text
    for render in setup.refreshes:
        render()
    assert "version 2" in setup.get("/").text
    # Two requests submitted a refresh; the second refresh read a fresh entry and rendered nothing.
    assert setup.site.rendered == ["/?", "/?"]
    assert setup.outcomes == ["miss", "stale", "stale", "hit"]


def test_half_a_second_after_a_change_the_background_refresh_is_not_used(setup: Setup) -> None:
    setup.has_refresh = True
    setup.get("/")
    setup.change_and_poll()
    assert "version 1" in setup.get("/").text
    setup.now_s += 0.6
    assert "version 2" in setup.get("/").text
    assert setup.outcomes == ["miss", "stale", "miss"]


def test_the_stale_page_of_a_withdrawn_resource_does_not_come_back_when_rendering_fails(setup: Setup) -> None:
    setup.get("/")
    setup.change_and_poll()
    setup.site.status = "410 Gone"
    assert setup.get("/").status_code == 410
    setup.site.status = "503 Service Unavailable"
    assert setup.get("/").status_code == 503


def test_a_page_that_changed_during_its_rendering_is_served_but_stale(setup: Setup) -> None:
    setup.site.after_rendering = setup.change_and_poll
    assert "version 1" in setup.get("/").text
    setup.site.after_rendering = lambda: None
    assert "version 2" in setup.get("/").text


def test_during_constant_changes_the_newest_page_is_served_for_half_a_second(setup: Setup) -> None:
    setup.site.after_rendering = setup.change_and_poll
    assert "version 1" in setup.get("/").text
    setup.has_refresh = True
    assert "version 1" in setup.get("/").text
    setup.refreshes.pop()()
    assert "version 2" in setup.get("/").text
    setup.now_s += 0.6
    # The half second counts from the start of the rendering, because the change may have come right after it.
    assert "version 3" in setup.get("/").text
    assert setup.outcomes == ["miss", "stale", "stale", "miss"]


def test_a_page_is_not_stored_if_its_change_log_was_reset_during_the_rendering(setup: Setup) -> None:
    setup.site.after_rendering = setup.follower.reset
    setup.has_refresh = True
    setup.get("/")
    assert len(setup.store) == 0


def test_more_than_a_second_after_a_change_requests_wait_for_the_new_page(setup: Setup) -> None:
    setup.get("/")
    setup.change_and_poll()
    setup.now_s += 1.5
    setup.site.gate, setup.site.started = threading.Event(), threading.Semaphore(0)
    responses: list[TestResponse] = []
    threads = [threading.Thread(target=lambda: responses.append(setup.get("/"))) for _ in range(2)]
    threads[0].start()
    assert setup.site.started.acquire(timeout=10)
    threads[1].start()
    setup.site.gate.set()
    for thread in threads:
        thread.join(10)
    assert ["version 2" in response.text for response in responses] == [True, True]
    assert len(setup.site.rendered) == 2


def test_the_stale_page_is_served_when_rendering_fails(setup: Setup) -> None:
    setup.get("/")
    setup.change_and_poll()
    setup.site.status = "503 Unavailable"
    response = setup.get("/")
    assert (response.status_code, "version 1" in response.text) == (200, True)
    assert setup.outcomes == ["miss", "stale"]


def test_a_stale_page_is_served_for_at_most_a_day_when_rendering_fails(setup: Setup) -> None:
    setup.get("/")
    setup.change_and_poll()
    setup.site.status = "503 Unavailable"
    setup.now_s += 86_400.0
    assert setup.get("/").status_code == 200
    setup.now_s += 1.0
    assert setup.get("/").status_code == 503
