"""The file of senders, and the platforms that a sender may report."""

import pytest

from app.domain import position_senders
from app.domain.position_senders import Sender
from app.errors import Invalid
from tests.signed_webhooks import secret

FULL = f"""
[voto]
secrets = ["{secret("a")}", "{secret("b")}"]
provider = "Voice of the Ocean"
platforms = ["SEA077"]

[other]
secrets = ["{secret("c")}"]
"""


def test_a_file_names_senders_with_their_secrets_and_platforms() -> None:
    assert position_senders.parsed(FULL) == (
        Sender("voto", (b"a" * 32, b"b" * 32), "Voice of the Ocean", frozenset({"sea077"})),
        Sender("other", (b"c" * 32,)),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'[a]\nsecrets = ["{secret()}"\n[b]', "is no TOML at line"),
        (f'secrets = ["{secret()}"]', "sender secrets: use the fields"),
        ("[a]\nsecrets = []", "sender a: secrets must be a list of one or two"),
        (f'[a]\nsecrets = ["{secret("a")}", "{secret("b")}", "{secret("c")}"]', "one or two"),
        (f'[a]\nsecrets = "{secret()}"', "must be a list"),
        ('[a]\nsecrets = ["hunter2"]', "sender a: a secret must begin with whsec_"),
        (f'[a]\nsecrets = ["{secret()}"]\nsecret = 1', "sender a: use the fields"),
        (f'[a]\nsecrets = ["{secret()}"]\nprovider = 3', "provider must be a text"),
        (f'[a]\nsecrets = ["{secret()}"]\nplatforms = "sea077"', "platforms must be a list"),
        (f'["a b"]\nsecrets = ["{secret()}"]', "names of senders"),
        (f'[a]\nsecrets = ["{secret()}"]\n[b]\nsecrets = ["{secret()}"]', "the same secret twice"),
        ("\n".join(f"[s{n}]\nsecrets = []" for n in range(51)), "has 51 senders"),
    ],
)
def test_an_invalid_file_is_named_without_its_secrets(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        position_senders.parsed(text)
    assert secret()[6:] not in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_sender_does_not_print_its_keys() -> None:
    assert "aaaa" not in repr(position_senders.parsed(FULL))


@pytest.mark.parametrize(
    ("provider", "platforms", "owner", "is_allowed"),
    [
        (None, None, None, True),
        (None, None, "Voice of the Ocean", True),
        ("voice of the ocean ", None, "Voice of the Ocean", True),
        ("Voice of the Ocean", None, None, True),
        ("Voice of the Ocean", None, "Another Institute", False),
        (None, frozenset({"sea077"}), "Another Institute", True),
        (None, frozenset({"sea078"}), None, False),
        ("Voice of the Ocean", frozenset({"sea077"}), "Another Institute", False),
    ],
)
def test_provider_and_platforms_limit_a_sender(
    provider: str | None, platforms: frozenset[str] | None, owner: str | None, is_allowed: bool
) -> None:
    assert Sender("a", (), provider, platforms).may_report(["sea077"], {"sea077": owner} if owner else {}) is is_allowed


def test_former_ids_of_a_platform_count() -> None:
    ids, owners = ["sea077", "smilla77", "test1"], {"smilla77": "Voice of the Ocean", "test1": "Another Institute"}
    assert Sender("a", (), None, frozenset({"test1"})).may_report(ids, owners)
    assert Sender("a", (), "Voice of the Ocean").may_report(ids, owners)
    assert not Sender("a", (), "Another Institute").may_report(ids, owners)
    assert Sender("a", (), "Another Institute").may_report(ids, owners | {"sea077": "Another Institute"})


def test_the_owners_are_those_of_the_file_of_platforms() -> None:
    text = '[SEA077]\nserial = "SEA077"\nprovider = "Voice of the Ocean"\n[sea078]\nname = "B"\n'
    assert position_senders.owners(text) == {"sea077": "Voice of the Ocean"}
    with pytest.raises(Invalid, match="not a table of platforms"):
        position_senders.owners("sea077 = 1")
