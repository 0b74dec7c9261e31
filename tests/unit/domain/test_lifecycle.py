"""Updates about a mission: their times, their causes, and that each appears once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import lifecycle
from app.domain.records import EarlierVersion, Figures, Mission, Source, Update

START_AT = datetime(2022, 12, 8, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def mission(name: str = "m1", start_at: datetime = START_AT, days: int = 8, **changes: object) -> Mission:
    """A mission in real time, imported a day after its end."""
    figures = Figures(10, 2, 1000.0, 50.0, 100.0, start_at, start_at + days * DAY, None)
    source = Source("f.nc", "0" * 64, 1, "made", "mission", start_at + (days + 1) * DAY, "test")
    record = Mission("sea001", name, "v1", "R", figures, (), (), (), {}, {}, source)
    return replace(record, **changes)  # type: ignore[arg-type]


def updates_by_id(*missions: Mission, learned: dict[str, datetime] | None = None) -> dict[str, Update]:
    return {update.id: update for update in lifecycle.updates(missions, learned or {})}


def test_a_deployment_has_the_time_of_the_first_data() -> None:
    update = updates_by_id(mission())["deployment/sea001/m1"]
    assert (update.at, update.shown_from) == (START_AT, START_AT)


def test_a_real_time_mission_ends_after_two_weeks_without_data() -> None:
    update = updates_by_id(mission())["end/sea001/m1"]
    assert (update.at, update.shown_from, update.over) == (START_AT + 8 * DAY, START_AT + 22 * DAY, "silence")


def test_a_later_mission_of_the_platform_ends_the_previous_one() -> None:
    updates = updates_by_id(mission("m2", START_AT + 10 * DAY), mission())
    assert updates["end/sea001/m1"].shown_from == START_AT + 10 * DAY
    assert updates["end/sea001/m1"].over == "next_mission"
    assert updates["end/sea001/m2"].over == "silence"


def test_a_mission_does_not_end_before_its_last_data() -> None:
    update = updates_by_id(mission(), mission("m2", START_AT + DAY))["end/sea001/m1"]
    assert update.shown_from == update.at == START_AT + 8 * DAY


def test_a_simulated_mission_does_not_end_a_real_one() -> None:
    updates = updates_by_id(mission(), mission("m2", START_AT + 10 * DAY, simulated=True))
    assert updates["end/sea001/m1"].over == "silence"
    assert updates["end/sea001/m2"].simulated


@pytest.mark.parametrize(
    ("mode", "over", "days"),
    [("R", "silence", 22), ("P", "silence", 22), ("A", "silence", 22), ("D", "processed_data", 9)],
)
def test_only_delayed_mode_data_end_the_mission(mode: str, over: str, days: int) -> None:
    update = updates_by_id(mission(data_mode=mode))["end/sea001/m1"]
    assert (update.shown_from, update.over) == (START_AT + days * DAY, over)


@pytest.mark.parametrize(("mode", "expected"), [("R", 0), ("P", 0), ("A", 0), ("D", 1)])
def test_only_delayed_mode_data_create_an_update_of_delayed_data(mode: str, expected: int) -> None:
    assert sum(name.startswith("delayed/") for name in updates_by_id(mission(data_mode=mode))) == expected


def test_the_update_of_delayed_data_has_the_time_of_their_first_import() -> None:
    figures = mission().figures
    versions = (
        EarlierVersion("v0", "R", START_AT + 30 * DAY, "r.nc", figures),
        EarlierVersion("v1", "D", START_AT + 60 * DAY, "d.nc", figures),
    )
    source = replace(mission().source, imported_at=START_AT + 60 * DAY)
    update = updates_by_id(mission(data_mode="D", earlier=versions, source=source))["delayed/sea001/m1"]
    assert update.at == update.learned_at == START_AT + 30 * DAY


def test_a_later_import_does_not_change_the_time_of_an_earlier_update() -> None:
    first = updates_by_id(mission(data_mode="D"))
    learned = {update.id: update.learned_at for update in first.values() if update.learned_at}
    newer = replace(mission().source, imported_at=START_AT + 100 * DAY)
    assert updates_by_id(mission(data_mode="D", source=newer), learned=learned) == first


@pytest.mark.parametrize(
    ("changes", "silent_after", "expected"),
    [
        ({}, 2 * DAY, [START_AT + 10 * DAY]),
        # The mission is over first.
        ({}, 14 * DAY, []),
        ({"data_mode": "A"}, 2 * DAY, [START_AT + 10 * DAY]),
        ({"data_mode": "D"}, 2 * DAY, []),
    ],
)
def test_the_platform_of_a_mission_is_silent_before_its_end(
    changes: dict[str, object], silent_after: timedelta, expected: list[datetime]
) -> None:
    updates = lifecycle.updates([mission(**changes)], {}, silent_after=silent_after)  # type: ignore[arg-type]
    silences = [update for update in updates if update.kind == "silent"]
    assert [update.shown_from for update in silences] == expected
    assert [update.at for update in silences] == [START_AT + 8 * DAY] * len(expected)


def test_only_the_last_mission_of_a_platform_becomes_silent() -> None:
    missions = [mission(), mission("m2", START_AT + 20 * DAY)]
    silent = [update.id for update in lifecycle.updates(missions, {}, silent_after=2 * DAY) if update.kind == "silent"]
    assert silent == ["silent/sea001/m2"]
