"""The commands of README.md and docs/: each object, container, subcommand and option that they name exists."""

import re
from pathlib import Path

import pytest

from tests.unit.deploy import manifests
from tests.unit.deploy.manifests import ROOT, Manifests
from tests.unit.monitoring.shell_commands import Checker

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("kubectl", "halocline")
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# A line that begins with a prompt, and its continuations.
_PROMPTED = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)


def _commands(page: Path) -> list[str]:
    """The commands of kubectl and halocline on a page, after a prompt or in the text, each once."""
    text = page.read_text("utf-8")
    prompted = [
        command.replace("\\\n", " ") for _, body in _FENCED.findall(text) for command in _PROMPTED.findall(body)
    ]
    # A line of the text may end within a command.
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", _FENCED.sub("", text))]
    parts = [part.strip() for command in [*prompted, *spans] for part in re.split(r" \| ", command)]
    return list(dict.fromkeys(part for part in parts if part.startswith(tuple(f"{name} " for name in PROGRAMS))))


COMMANDS = [(page, command) for page in PAGES for command in _commands(page)]


@pytest.fixture(scope="module")
def everything() -> Manifests:
    """The objects of every component, with the CronJobs that the queue replaces."""
    rendered = [
        manifests.combined("own", "ingress-nginx"),
        manifests.of(manifests.K8S / "overlays/production"),
        manifests.of(ROOT / "tests/e2e/cluster/queue"),
    ]
    return Manifests([one for each in rendered for one in each.objects])


def _name(value: object) -> str:
    return value.stem if isinstance(value, Path) else re.sub(r"\W+", "-", str(value))[:60]


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=_name)
def test_a_documented_command_names_only_what_exists(page: Path, command: str, everything: Manifests) -> None:
    created = set(re.findall(r"(?:create|delete) job ([a-z-]+)", page.read_text("utf-8")))

    assert Checker(everything, created, names_namespace=False, is_whole=False).faults(command) == []


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("kubectl rollout restart deployment/wroker", "Deployment wroker does not exist"),
        ("kubectl annotate scaledobject workers paused=0", "ScaledObject workers does not exist"),
        ("kubectl --namespace halocline exec deployment/beat -- halocline beat --new verify", "halocline beat has no"),
        ("halocline tasks retryy ID", "halocline has no command retryy"),
    ],
)
def test_a_wrong_documented_command_is_found(command: str, fault: str, everything: Manifests) -> None:
    faults = Checker(everything, names_namespace=False, is_whole=False).faults(command)

    assert [one for one in faults if one.startswith(fault)], faults


def test_the_pages_have_commands() -> None:
    assert len(COMMANDS) > 90
