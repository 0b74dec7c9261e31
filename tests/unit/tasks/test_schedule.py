"""The schedule: its slots, and one clear error for each mistake in its file."""

import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery.schedules import crontab

from app import config
from app.config import SettingsError
from app.tasks import buckets, schedule

# Of a bucket: none is a key.
FIELDS = (
    "anonymous, at, bucket, credentials, enabled, endpoint, every, most, name, names, prefix, region, "
    "settled_s, weekday"
)
NOON = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)  # A Friday.


def _entries(tmp_path: Path, text: str = "", **settings: object) -> dict[str, schedule.Entry]:
    (tmp_path / "schedule.toml").write_text(text, encoding="utf-8")
    return schedule.entries(config.load(HALOCLINE_SCHEDULE_FILE=tmp_path / "schedule.toml", **settings))


def test_by_default_a_verification_is_due_each_night() -> None:
    entries = schedule.entries(config.load())

    assert list(entries) == ["recover", "verify"]
    assert entries["verify"].slot(NOON).at == datetime(2026, 11, 27, 2, 23, tzinfo=UTC)
    assert entries["verify"].slot(NOON).next_at == datetime(2026, 11, 28, 2, 23, tzinfo=UTC)


def test_a_target_for_backups_adds_them_and_their_test_on_sundays(tmp_path: Path) -> None:
    entries = _entries(tmp_path, HALOCLINE_BACKUP_TARGET="/backups")

    assert list(entries) == ["recover", "verify", "backup", "restore-test"]
    assert entries["restore-test"].slot(NOON).at == datetime(2026, 11, 22, 4, 43, tzinfo=UTC)
    assert entries["restore-test"].timing.for_celery() == crontab(minute="43", hour="4", day_of_week="0")
    assert entries["restore-test"].timing.described() == "each sunday at 04:43 UTC"


@pytest.mark.parametrize(
    ("text", "at", "celery"),
    [
        ('every = "15m"', datetime(2026, 11, 27, 12, 0, tzinfo=UTC), crontab(minute="*/15")),
        ('every = "6h"', datetime(2026, 11, 27, 12, 0, tzinfo=UTC), crontab(minute="0", hour="*/6")),
        ('every = "24h"', datetime(2026, 11, 27, 0, 0, tzinfo=UTC), crontab(minute="0", hour="0", day_of_week="*")),
        ('at = "12:00"', datetime(2026, 11, 27, 12, 0, tzinfo=UTC), crontab(minute="0", hour="12", day_of_week="*")),
        (
            'at = "12:01"\nweekday = "friday"',
            datetime(2026, 11, 20, 12, 1, tzinfo=UTC),
            crontab(minute="1", hour="12", day_of_week="5"),
        ),
    ],
)
def test_the_slots_are_those_of_the_beat(tmp_path: Path, text: str, at: datetime, celery: crontab) -> None:
    timing = _entries(tmp_path, f"[verify]\n{text}")["verify"].timing

    assert timing.slot(NOON) == at
    assert timing.for_celery() == celery
    # The beat is due for the first time when the next slot begins.
    later = celery.remaining_delta(NOON)
    assert later[0] + later[1] == at + timing.every


def test_intervals_of_seconds_begin_at_whole_ones(tmp_path: Path) -> None:
    timing = _entries(tmp_path, '[verify]\nevery = "20s"')["verify"].timing

    assert timing.slot(NOON) == NOON - timedelta(seconds=10)


def test_a_file_adds_servers_and_folders_and_disables_entries(tmp_path: Path) -> None:
    entries = _entries(
        tmp_path,
        """
        [verify]
        enabled = false
        [[erddap]]
        name = "voto"
        url = "https://a.example/erddap"
        datasets = ["nrt_*"]
        [[watch]]
        name = "inbox"
        folder = "/data"
        every = "30s"
        """,
    )

    tasks = {name: entry.task for name, entry in entries.items()}
    assert tasks == {"recover": "recover", "erddap-voto": "pull", "watch-inbox": "watch"}
    assert entries["erddap-voto"].arguments == {"url": "https://a.example/erddap", "datasets": ["nrt_*"], "most": 200}


def test_a_bucket_is_an_entry_whose_message_has_no_key(tmp_path: Path) -> None:
    text = '[[bucket]]\nname = "gliders"\nbucket = "data"\nprefix = "nrt"\ncredentials = "/run/secrets/bucket"'
    entry = _entries(tmp_path, text, AWS_SECRET_ACCESS_KEY="secret")["bucket-gliders"]

    assert (entry.task, entry.timing.every) == ("bucket", timedelta(minutes=5))
    assert entry.arguments == {
        "entry": "bucket-gliders", "bucket": "data", "prefix": "nrt", "endpoint": None, "region": "us-east-1",
        "credentials": "/run/secrets/bucket", "anonymous": False, "names": ["*.nc"], "settled_s": 60, "most": 200,
    }  # fmt: skip
    assert set(entry.arguments) == set(inspect.signature(buckets.look).parameters) - {"call"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[verfy]", "verfy: is unknown; use backup, bucket, erddap, restore-test, verify, watch"),
        ('[verify]\natt = "02:00"', "verify.att: is unknown; use at, enabled, every, pace, weekday"),
        ('[verify]\nat = "2:00"', 'verify.at: use a time of day in UTC, such as "02:23"'),
        ('[verify]\nevery = "7m"', "verify.every: use a part of a minute, an hour or a day, such as 30s, 15m or 6h"),
        ("[verify]\nevery = 5", "verify.every: use a part of a minute, an hour or a day, such as 30s, 15m or 6h"),
        ('[verify]\nevery = "1h"\nat = "02:00"', "verify: use either `every`, or `at` with or without `weekday`"),
        ('[verify]\nweekday = "monday"', "verify: `weekday` needs `at`"),
        ("[verify]\npace = 2", "verify.pace: Input should be less than or equal to 1"),
        ('[[erddap]]\nname = "a"', "erddap.0.url: Field required"),
        ('[[erddap]]\nname = "a"\nurl = "a.example"', "erddap.0.url: use http:// or https:// and a host"),
        (
            '[[erddap]]\nname = "a"\nurl = "https://a.example/x.nc"',
            "erddap.0.url: use the URL of an ERDDAP, such as https://a.example/erddap",
        ),
        (
            '[[erddap]]\nname = "a"\nurl = "https://ana:secret@a.example/erddap"',
            "erddap.0.url: has a password, which other processes could read in the queue",
        ),
        ('[[watch]]\nname = "A B"\nfolder = "/"', "watch.0.name: String should match pattern '^[a-z0-9-]{1,40}$'"),
        (
            '[[watch]]\nname = "a"\nfolder = "/x"\n[[watch]]\nname = "a"\nfolder = "/y"',
            "the schedule: two entries have the name a",
        ),
        ('[[bucket]]\nname = "a"', "bucket.0.bucket: Field required"),
        (
            '[[bucket]]\nname = "a"\nbucket = "data"\nendpoint = "https://key:secret@s3.example"',
            "bucket.0.endpoint: use the address of a store, such as https://s3.example.org, without name and password",
        ),
        ('[[bucket]]\nname = "a"\nbucket = "data"\nsecret = "abc"', f"bucket.0.secret: is unknown; use {FIELDS}"),
    ],
)
def test_a_mistake_is_one_clear_error(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as raised:
        _entries(tmp_path, text)

    assert str(raised.value) == f"{tmp_path / 'schedule.toml'}: {problem}"


@pytest.mark.parametrize("text", ["verify", "[verify", "[verify]\n[verify]"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="is not TOML"):
        _entries(tmp_path, text)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SettingsError, match=r"HALOCLINE_SCHEDULE_FILE: cannot read /none\.toml: No such file"):
        schedule.entries(config.load(HALOCLINE_SCHEDULE_FILE="/none.toml"))
