"""The layer in front under concurrency: one rendering for many, old pages meanwhile, and what a change overtakes."""

import threading
from typing import Any

from werkzeug.test import Client, TestResponse

from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import Memory
from app.cache.pages import PageCache
from app.cache.redis_store import Shared
from tests.unit.cache.house import RULES, URLS, House, Log, Nowhere, Primary, Site


def test_many_at_once_render_once(house: House) -> None:
    house.site.gate = threading.Event()
    answers: list[TestResponse] = []
    threads = [threading.Thread(target=lambda: answers.append(house.get("/"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert house.site.began.acquire(timeout=10)
    house.site.gate.set()
    for thread in threads:
        thread.join(10)
    assert house.site.rendered == ["/?"]
    assert {answer.data for answer in answers} == {answers[0].data}
    assert len(answers) == 8


def test_while_the_new_page_is_rendered_others_get_the_old_one(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    house.site.gate, house.site.began = threading.Event(), threading.Semaphore(0)
    first: list[TestResponse] = []
    renders = threading.Thread(target=lambda: first.append(house.get("/")))
    renders.start()
    assert house.site.began.acquire(timeout=10)
    meanwhile = house.get("/")
    house.site.gate.set()
    renders.join(10)
    assert "version 1" in meanwhile.text
    assert "version 2" in first[0].text
    assert house.outcomes == ["miss", "stale", "miss"]


def test_nobody_waits_for_the_new_page_when_it_can_be_rendered_behind(house: House) -> None:
    house.takes_over = True
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    assert "version 1" in house.get("/").text
    assert "version 1" in house.get("/").text
    for render in house.taken:
        render()
    assert "version 2" in house.get("/").text
    # Offered twice, and rendered once: the second found it fresh.
    assert house.site.rendered == ["/?", "/?"]
    assert house.outcomes == ["miss", "stale", "stale", "hit"]


def test_half_a_second_after_a_change_nothing_is_left_to_be_rendered_behind(house: House) -> None:
    house.takes_over = True
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    assert "version 1" in house.get("/").text
    house.now_s[0] += 0.6
    assert "version 2" in house.get("/").text
    assert house.outcomes == ["miss", "stale", "miss"]


def _overtaken(house: House) -> None:
    """From now on each rendering is overtaken by a change."""

    def overtaken(environ: Any, start_response: Any) -> Any:
        answer = house.site(environ, start_response)
        house.change("mission:p/m")
        house.watcher.look()
        return answer

    house.client.application._app = overtaken  # type: ignore[union-attr]


def test_while_each_rendering_is_overtaken_the_newest_is_shown_for_half_a_second(house: House) -> None:
    _overtaken(house)
    assert "version 1" in house.get("/").text
    house.takes_over = True
    assert "version 1" in house.get("/").text
    house.taken.pop()()
    assert "version 2" in house.get("/").text
    house.now_s[0] += 0.6
    # It may have been overtaken when its rendering began: its time is counted from then.
    assert "version 3" in house.get("/").text
    assert house.outcomes == ["miss", "stale", "stale", "miss"]


def test_a_rendering_of_a_log_that_nobody_knows_any_more_is_not_kept_at_all(house: House) -> None:
    def forgotten(environ: Any, start_response: Any) -> Any:
        answer = house.site(environ, start_response)
        house.watcher.forget()
        return answer

    house.client.application._app = forgotten  # type: ignore[union-attr]
    house.takes_over = True
    house.get("/")
    assert len(house.memory) == 0


def test_who_comes_later_than_a_second_after_a_change_waits_for_the_new_page(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    house.now_s[0] += 1.5
    house.site.gate, house.site.began = threading.Event(), threading.Semaphore(0)
    answers: list[TestResponse] = []
    threads = [threading.Thread(target=lambda: answers.append(house.get("/"))) for _ in range(2)]
    threads[0].start()
    assert house.site.began.acquire(timeout=10)
    threads[1].start()
    house.site.gate.set()
    for thread in threads:
        thread.join(10)
    assert ["version 2" in answer.text for answer in answers] == [True, True]
    assert len(house.site.rendered) == 2


def test_an_old_page_is_shown_for_a_day_and_no_longer_when_rendering_fails(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    house.site.status = "503 Away"
    house.now_s[0] += 86_400.0
    assert house.get("/").status_code == 200
    house.now_s[0] += 1.0
    assert house.get("/").status_code == 503


def test_with_an_address_of_its_own_the_portal_has_one_page_for_all_hosts() -> None:
    site, log, reading = Site(), Log(last=1), Primary()
    memory = Memory(4_000_000)
    watcher = ChangeLogFollower(memory, log.since, log.latest)
    watcher.look()
    shared = Shared(lambda: Nowhere(), "test", lambda: None)  # type: ignore[arg-type, return-value]
    client = Client(PageCache(site, URLS, RULES, memory, watcher, shared, reading, one_origin=True), use_cookies=False)
    told = [client.get("/feed", headers={"Host": host}) for host in ("a.example", "b.example")]
    assert told[0].data == told[1].data
    assert site.rendered == ["/feed?"]
