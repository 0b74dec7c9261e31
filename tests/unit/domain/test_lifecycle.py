"""When news of a mission are known, and that they come once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import lifecycle
from app.domain.records import EarlierVersion, Figures, Mission, Source, Update

BEGUN = datetime(2022, 12, 8, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def mission(name: str = "m1", begun_at: datetime = BEGUN, days: int = 8, **changes: object) -> Mission:
    """A mission in real time, imported a day after its end."""
    figures = Figures(10, 2, 1000.0, 50.0, 100.0, begun_at, begun_at + days * DAY, None)
    source = Source("f.nc", "0" * 64, 1, "made", "mission", begun_at + (days + 1) * DAY, "somebody")
    record = Mission("sea001", name, "v1", "R", figures, (), (), (), {}, {}, source)
    return replace(record, **changes)  # type: ignore[arg-type]


def news(*missions: Mission, learned: dict[str, datetime] | None = None) -> dict[str, Update]:
    return {update.id: update for update in lifecycle.updates(missions, learned or {})}


def test_a_mission_begins_with_its_first_data() -> None:
    update = news(mission())["deployment/sea001/m1"]
    assert (update.at, update.shown_from) == (BEGUN, BEGUN)


def test_a_mission_in_real_time_is_over_after_two_weeks_of_silence() -> None:
    update = news(mission())["recovery/sea001/m1"]
    assert (update.at, update.shown_from, update.over) == (BEGUN + 8 * DAY, BEGUN + 22 * DAY, "silence")


def test_a_later_mission_of_the_platform_ends_the_one_before() -> None:
    found = news(mission("m2", BEGUN + 10 * DAY), mission())
    assert found["recovery/sea001/m1"].shown_from == BEGUN + 10 * DAY
    assert found["recovery/sea001/m1"].over == "next_mission"
    assert found["recovery/sea001/m2"].over == "silence"


def test_a_mission_does_not_end_before_its_last_data() -> None:
    update = news(mission(), mission("m2", BEGUN + DAY))["recovery/sea001/m1"]
    assert update.shown_from == update.at == BEGUN + 8 * DAY


def test_a_simulated_mission_ends_no_real_one() -> None:
    found = news(mission(), mission("m2", BEGUN + 10 * DAY, simulated=True))
    assert found["recovery/sea001/m1"].over == "silence"
    assert found["recovery/sea001/m2"].simulated


@pytest.mark.parametrize("mode", ["P", "A", "D"])
def test_processed_data_tell_that_the_mission_is_over(mode: str) -> None:
    update = news(mission(data_mode=mode))["recovery/sea001/m1"]
    assert (update.shown_from, update.over) == (BEGUN + 9 * DAY, "processed_data")


@pytest.mark.parametrize(("mode", "expected"), [("R", 0), ("P", 0), ("A", 0), ("D", 1)])
def test_only_delayed_data_are_news_of_delayed_data(mode: str, expected: int) -> None:
    assert sum(name.startswith("delayed/") for name in news(mission(data_mode=mode))) == expected


def test_delayed_data_are_news_when_they_first_came_in() -> None:
    figures = mission().figures
    versions = (
        EarlierVersion("v0", "R", BEGUN + 30 * DAY, "r.nc", figures),
        EarlierVersion("v1", "D", BEGUN + 60 * DAY, "d.nc", figures),
    )
    source = replace(mission().source, imported_at=BEGUN + 60 * DAY)
    update = news(mission(data_mode="D", earlier=versions, source=source))["delayed/sea001/m1"]
    assert update.at == update.learned_at == BEGUN + 30 * DAY


def test_what_was_learned_before_stays() -> None:
    first = news(mission(data_mode="D"))
    learned = {update.id: update.learned_at for update in first.values() if update.learned_at}
    newer = replace(mission().source, imported_at=BEGUN + 100 * DAY)
    assert news(mission(data_mode="D", source=newer), learned=learned) == first
