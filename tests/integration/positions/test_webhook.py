"""POST /api/v1/positions: signatures, rights and content. A refused webhook stores nothing and is counted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import config, create_app, extensions
from app.telemetry import position_metrics
from tests import made_files, signed_webhooks
from tests.integration.positions.conftest import DATA_START, NOW, SENDERS, Send, position, stored
from tests.signed_webhooks import PATH, secret

ImportMission = Callable[..., None]


def refusals(reason: str) -> float:
    return position_metrics.webhooks_refused.labels(reason)._value.get()


def problems(answer: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["problem"]) for error in answer.json.get("errors", [])]


@pytest.mark.usefixtures("at_sea")
def test_a_signed_position_is_stored_and_answered_with_its_outcome(send: Send) -> None:
    counted = position_metrics.positions.labels("newest")._value.get()
    answer = send(position(accuracy_m=250))
    assert answer.status_code == 200
    (result,) = answer.json["positions"]
    assert (result["platform"], result["outcome"]) == ("sea001", "newest")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(stored()) == 1
    assert position_metrics.positions.labels("newest")._value.get() - counted == 1


@pytest.mark.usefixtures("at_sea")
def test_a_repeated_webhook_has_the_answer_of_the_first_and_no_second_effect(send: Send) -> None:
    first = send(position(-10), webhook="msg_same")
    counted = position_metrics.positions.labels("newest")._value.get()
    changes = extensions.mongo.db.changes.count_documents({})
    # A sender that repeats a webhook signs it again, with another time; a captured copy is the same.
    again = send(position(-5), webhook="msg_same", ahead_s=30)
    assert (again.status_code, again.json) == (200, first.json)
    assert len(stored()) == 1
    assert extensions.mongo.db.changes.count_documents({}) == changes
    assert position_metrics.positions.labels("newest")._value.get() == counted
    # Another sender may use the same id.
    assert send(position(-5), secret("i"), webhook="msg_same").json["positions"][0]["outcome"] == "newest"


@pytest.mark.usefixtures("at_sea")
def test_a_position_of_one_time_is_stored_once(send: Send) -> None:
    answers = [send(position(-10)), send([position(-10, latitude=57.0), position(-9), position(-9)])]
    outcomes = [[each["outcome"] for each in answer.json["positions"]] for answer in answers]
    assert outcomes == [["newest"], ["unchanged", "newest", "newest"]]
    assert len(stored()) == 2


@pytest.mark.parametrize(
    ("secrets", "options", "reason", "words"),
    [
        ([secret("x")], {}, "signature", "The signature is wrong."),
        ([secret("x"), secret("y")], {}, "signature", "The signature is wrong."),
        ([secret("a")], {"ahead_s": -400}, "skewed", "s behind the time of this server, "),
        ([secret("a")], {"ahead_s": 400}, "skewed", "s ahead of the time of this server, "),
    ],
)
@pytest.mark.usefixtures("at_sea")
def test_a_webhook_that_is_not_authentic_or_current_is_refused(
    send: Send, secrets: list[str], options: dict[str, Any], reason: str, words: str
) -> None:
    counted = refusals(reason)
    answer = send(position(), *secrets, **options)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Webhook-Signature"
    assert words in answer.json["detail"]
    assert refusals(reason) - counted == 1
    assert stored() == []


def test_a_request_without_signature_is_refused(client: FlaskClient, app: Flask) -> None:
    answer = client.post(PATH, json=position())
    assert answer.status_code == 401
    assert "webhook-id, webhook-timestamp, webhook-signature is missing" in answer.json["detail"]


@pytest.mark.usefixtures("at_sea")
def test_one_of_two_signatures_is_enough(send: Send) -> None:
    assert send(position(), secret("x"), secret("a")).status_code == 200


@pytest.mark.usefixtures("at_sea")
def test_a_secret_is_rotated_without_a_restart(send: Send, senders: Path) -> None:
    old, new = secret("a"), secret("n")
    statuses = []
    for content in (SENDERS, SENDERS.replace(f'"{old}"', f'"{new}", "{old}"'), SENDERS.replace(old, new)):
        # Like a mounted Secret: another file in its place.
        fresh = senders.with_suffix(".new")
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(senders)
        statuses.append([send(position(), each).status_code for each in (old, new)])
    assert statuses == [[200, 401], [200, 200], [401, 200]]


@pytest.mark.usefixtures("at_sea")
def test_an_unusable_file_leaves_the_senders_as_they_are(send: Send, senders: Path) -> None:
    assert send(position()).status_code == 200
    senders.write_text(SENDERS + "[broken", encoding="utf-8")
    assert send(position()).status_code == 200
    senders.unlink()
    assert send(position()).status_code == 200


def test_senders_that_were_never_readable_are_an_outage(settings: config.Settings, tmp_path: Path, app: Flask) -> None:
    changes = {"uploads": 1, "position_secrets_file": tmp_path / "missing.toml"}
    other = create_app(settings.model_copy(update=changes)).test_client()
    counted = refusals("unavailable")
    answer = signed_webhooks.send(other, position())
    assert (answer.status_code, answer.json["detail"]) == (503, "The list of senders is not available at the moment")
    assert "Retry-After" in answer.headers
    assert refusals("unavailable") - counted == 1


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"uploads": 0}, "This portal accepts no uploads here."),
        ({"uploads": 1}, "This portal accepts no positions: HALOCLINE_POSITION_SECRETS_FILE is not set."),
    ],
)
def test_a_portal_without_uploads_or_senders_answers_404(
    settings: config.Settings, app: Flask, changes: dict[str, Any], detail: str
) -> None:
    client = create_app(settings.model_copy(update=changes)).test_client()
    answer = signed_webhooks.send(client, position())
    assert (answer.status_code, answer.json["detail"]) == (404, detail)


@pytest.mark.parametrize(
    ("platform", "of", "status"),
    [
        ("sea001", "a", 200),
        ("sea003", "a", 200),
        ("sea003", "i", 403),
        ("sea001", "i", 200),
        ("sea001", "p", 403),
        ("sea002", "q", 200),
    ],
)
def test_a_sender_reports_only_platforms_of_its_own(
    send: Send, import_mission: ImportMission, platform: str, of: str, status: int
) -> None:
    for name in ("sea001", "sea002", "sea003"):
        import_mission(name, rows=made_files.rows(start_s=DATA_START.timestamp()))
    answer = send([position(-20, platform=platform), position(platform=platform)], secret(of))
    assert answer.status_code == status
    names = {"i": "institute", "p": "pair"}
    problem = f"the platform {platform} does not belong to the sender {names.get(of)}"
    assert problems(answer) == [(f"{n}.platform", problem) for n in range(2) if status == 403]
    assert len(stored()) == (2 if status == 200 else 0)


@pytest.mark.parametrize(("of", "status"), [("p", 200), ("i", 403)])
@pytest.mark.parametrize("posted", ["sea001", "{former}"])
@pytest.mark.usefixtures("at_sea")
def test_a_former_id_in_a_list_of_platforms_counts_after_a_rename(
    send: Send, files: dict[str, Path], of: str, status: int, posted: str
) -> None:
    former = "sea002" if of == "p" else "sea003"
    extensions.mongo.db.platform_aliases.insert_one({"_id": former, "platform": "sea001", "at": NOW})
    answer = send(position(platform=posted.format(former=former)), secret(of))
    assert answer.status_code == status, answer.json


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"latitude": 90.1}, "latitude", "less than or equal to 90"),
        ({"latitude": "56.25"}, "latitude", "valid number"),
        ({"latitude": True}, "latitude", "valid number"),
        ({"longitude": 181}, "longitude", "less than or equal to 180"),
        ({"longitude": None}, "longitude", "valid number"),
        ({"accuracy_m": -1}, "accuracy_m", "greater than or equal to 0"),
        ({"time": "2026-06-01T12:00:00"}, "time", "with its offset"),
        ({"time": 1_780_000_000}, "time", "with its offset"),
        ({"time": "2026-13-01T12:00:00Z"}, "time", "does not exist"),
        ({"time": "2026-01-01T24:30:00Z"}, "time", "does not exist"),
        ({"platform": ""}, "platform", "at least 1 character"),
        ({"platform": 6801666}, "platform", "valid string"),
        ({"depth": 3}, "depth", "is not a field of a position"),
    ],
)
@pytest.mark.usefixtures("at_sea")
def test_every_problem_names_index_and_field(send: Send, changes: dict[str, Any], field: str, words: str) -> None:
    answer = send([position(), position(-5, **changes)])
    assert answer.status_code == 422
    ((named, problem),) = problems(answer)
    assert (named, words in problem) == (f"1.{field}", True), problem
    assert stored() == []


@pytest.mark.usefixtures("at_sea")
def test_all_problems_are_named_at_once(send: Send) -> None:
    incomplete = position()
    del incomplete["time"]
    answer = send([position(latitude=-91, longitude=999), position(), incomplete])
    assert [field for field, _ in problems(answer)] == ["0.latitude", "0.longitude", "2.time"]
    assert answer.json["detail"].startswith("No position was stored. 0.latitude: ")
    assert answer.json["detail"].endswith(" (2 more in errors)")


@pytest.mark.parametrize(
    ("minutes", "status", "words"),
    [
        (4, 200, ""),
        (6, 422, "is more than 5 minutes in the future: the time of this server is 2"),
        (-29.9 * 1440, 200, ""),
        (-30.1 * 1440, 422, "is more than 30 days ago: the time of this server is 2"),
    ],
)
@pytest.mark.usefixtures("at_sea")
def test_a_position_is_neither_of_the_future_nor_too_old(send: Send, minutes: float, status: int, words: str) -> None:
    since_now = (datetime.now(UTC) - NOW) / timedelta(minutes=1)
    answer = send(position(minutes + since_now))
    assert answer.status_code == status
    assert words in json.dumps(answer.json)


@pytest.mark.parametrize("name", ["sea001", "SEA001", "6801666", "Label1"])
def test_a_platform_is_named_by_id_serial_or_wmo_id(send: Send, import_mission: ImportMission, name: str) -> None:
    import_mission(rows=made_files.rows(start_s=DATA_START.timestamp()), wmo_id="6801666")
    extensions.mongo.db.platforms.update_one({"_id": "sea001"}, {"$set": {"serial": "LABEL1", "serial_key": "label1"}})
    assert send(position(platform=name)).json["positions"][0]["platform"] == "sea001"


def test_a_wmo_id_of_several_platforms_and_an_unknown_name_are_refused(
    send: Send, import_mission: ImportMission
) -> None:
    for name in ("sea001", "sea002"):
        import_mission(name, rows=made_files.rows(start_s=DATA_START.timestamp()))
    extensions.mongo.db.platforms.update_many({}, {"$set": {"wmo_id": "6801666"}})
    answer = send([position(platform="6801666"), position(platform="unknown1"), position()])
    assert answer.status_code == 422
    assert problems(answer) == [
        ("0.platform", "is the WMO id of several platforms: use one of the ids sea001, sea002"),
        ("1.platform", "names no platform of this portal: its first data create it"),
    ]
    assert stored() == []


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff", b"3", b'"text"', b"[]", b"[1]", b"[" * 5000, b"NaN"],
)
def test_a_malformed_body_is_refused(send: Send, content: bytes) -> None:
    answer = send(content)
    assert answer.status_code == 400
    assert answer.json["detail"].startswith(("The body is no JSON", "The body must be a position, or a list of 1 to"))


def test_a_list_has_at_most_100_positions(send: Send) -> None:
    assert send([position(each / 10) for each in range(-101, 0)]).status_code == 400


def test_a_body_that_is_too_large_is_refused_before_it_is_read(send: Send) -> None:
    counted = refusals("too_large")
    assert send(b"x" * (64 << 10)).status_code == 400
    answer = send(b"x" * ((64 << 10) + 1))
    assert (answer.status_code, refusals("too_large") - counted) == (413, 1)


def test_other_types_and_lengths_are_refused(client: FlaskClient, app: Flask) -> None:
    form = client.post(PATH, data={"platform": "sea001"})
    endless = client.post(PATH, input_stream=None, headers={"Transfer-Encoding": "chunked"}, json=None)
    assert (form.status_code, endless.status_code) == (415, 411)


def test_requests_are_limited_by_address(settings: config.Settings, app: Flask, senders: Path) -> None:
    changes = {"uploads": 1, "position_secrets_file": senders, "api_per_min": 2}
    client = create_app(settings.model_copy(update=changes)).test_client()
    answers = [signed_webhooks.send(client, position(), secret("x")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[-1].headers["RateLimit-Policy"] == '"positions";q=2;w=60'
