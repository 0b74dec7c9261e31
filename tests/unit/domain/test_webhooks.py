"""Signatures of webhooks: the published values of Standard Webhooks, and malformed headers."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import webhooks
from app.domain.webhooks import Unverified

# Of the tests of the specification's Python library: libraries/python/tests/test_webhooks.py.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
KEY = webhooks.key_of(SECRET)
SENT_AT = datetime.fromtimestamp(int(TIMESTAMP), UTC)


def headers(**changes: str) -> dict[str, str]:
    given = {"webhook_id": ID, "webhook_timestamp": TIMESTAMP, "webhook_signature": SIGNATURE} | changes
    return {name.replace("_", "-"): value for name, value in given.items()}


def test_the_published_signature_is_valid() -> None:
    webhook = webhooks.received(headers(), BODY)
    assert (webhook.id, webhook.sent_at) == (ID, SENT_AT)
    assert webhook.is_signed_by(KEY)
    assert webhooks.sign(KEY, ID, SENT_AT, BODY) == SIGNATURE


@pytest.mark.parametrize(
    ("signatures", "is_valid"),
    [
        (f"{OTHER} v2,{OTHER[3:]} {SIGNATURE} v1a,abc {OTHER}", True),
        (f"{OTHER} {OTHER}", False),
        (SIGNATURE.replace("OE=", "OA="), False),
    ],
)
def test_one_of_several_signatures_must_match(signatures: str, is_valid: bool) -> None:
    assert webhooks.received(headers(webhook_signature=signatures), BODY).is_signed_by(KEY) is is_valid


def test_every_signed_part_counts() -> None:
    changed = [
        webhooks.received(headers(webhook_id="msg_2"), BODY),
        webhooks.received(headers(webhook_timestamp="1614265331"), BODY),
        webhooks.received(headers(), BODY + b" "),
    ]
    assert [webhook.is_signed_by(KEY) for webhook in changed] == [False] * 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"webhook_id": ""}, "webhook-id is missing"),
        ({"webhook_timestamp": ""}, "webhook-timestamp is missing"),
        ({"webhook_signature": ""}, "webhook-signature is missing"),
        # A dot would let a captured message be split in another way.
        ({"webhook_id": "msg.1"}, "without dots"),
        ({"webhook_id": "m" * 201}, "1 to 200"),
        ({"webhook_id": "a b"}, "printable"),
        ({"webhook_timestamp": "1614265330.5"}, "whole seconds"),
        ({"webhook_timestamp": "-1"}, "whole seconds"),
        ({"webhook_timestamp": "٣"}, "whole seconds"),
        ({"webhook_signature": "g0hM9SsE"}, "must be `v1,`"),
        ({"webhook_signature": "v1,%%%"}, "must be `v1,`"),
        ({"webhook_signature": "v1,AAAA"}, "must be `v1,`"),
        ({"webhook_signature": " ".join([OTHER] * 9)}, "must be `v1,`"),
        ({"webhook_signature": "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw"}, "must be `v1,`"),
    ],
)
def test_malformed_headers_are_named(changes: dict[str, str], words: str) -> None:
    with pytest.raises(Unverified, match=words) as refusal:
        webhooks.received(headers(**changes), BODY)
    assert refusal.value.reason == "headers"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (SENT_AT + timedelta(seconds=301), "301 s behind the time of this server, 2021-02-25T15:07:11Z"),
        (SENT_AT - timedelta(seconds=400), "400 s ahead of the time of this server, 2021-02-25T14:55:30Z"),
    ],
)
def test_a_skewed_clock_is_named_with_its_side(now: datetime, words: str) -> None:
    with pytest.raises(Unverified, match=words) as refusal:
        webhooks.require_current(webhooks.received(headers(), BODY), now)
    assert refusal.value.reason == "skewed"


def test_five_minutes_are_accepted_on_both_sides() -> None:
    webhook = webhooks.received(headers(), BODY)
    webhooks.require_current(webhook, SENT_AT + timedelta(minutes=5))
    webhooks.require_current(webhook, SENT_AT - timedelta(minutes=5))


def test_a_time_far_in_the_future_is_skewed() -> None:
    with pytest.raises(Unverified, match="ahead of"):
        webhooks.require_current(webhooks.received(headers(webhook_timestamp="9" * 12), BODY), SENT_AT)


def test_new_secrets_are_valid_and_differ() -> None:
    secrets = {webhooks.new_secret() for _ in range(3)}
    assert {len(webhooks.key_of(secret)) for secret in secrets} == {32}
    assert len(secrets) == 3


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begin with whsec_"),
        ("whsec_MfKQ9r8GKYq!TwjUPD8ILPZIo2LaLaSw", "base64"),
        (f"whsec_{base64.b64encode(b'k' * 23).decode()}", "24 to 64 bytes"),
        (f"whsec_{base64.b64encode(b'k' * 65).decode()}", "24 to 64 bytes"),
    ],
)
def test_a_malformed_secret_is_refused_without_being_repeated(secret: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refusal:
        webhooks.key_of(secret)
    assert secret.removeprefix("whsec_") not in str(refusal.value)
