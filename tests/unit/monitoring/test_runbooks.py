"""Runbooks: each command and query can be run as it is written, against the manifests that Halocline deploys."""

import re
from pathlib import Path

import pytest

from app.config import Settings
from tests.unit.deploy import manifests
from tests.unit.monitoring import series_labels
from tests.unit.monitoring.runbook_pages import PAGES, Page, parametrised
from tests.unit.monitoring.shell_commands import Checker
from tests.unit.monitoring.sources import COMPONENT, MONITORING, ROOT, RULES

OVERLAYS = ("production", "lab")
QUEUE = ROOT / "tests/e2e/cluster/queue"
# The objects of components that no overlay has.
OPTIONAL = {"worker": "worker|maintenance|beat|redis-broker", "upload": "upload"}
COMMANDS = parametrised("commands")
QUERIES = parametrised("queries")
pages = pytest.mark.parametrize("page", [Page(path) for path in PAGES], ids=lambda page: page.path.stem)


def name(value: object) -> str:
    return value.path.stem if isinstance(value, Page) else re.sub(r"\W+", "-", str(value))[:60]


@pytest.fixture(scope="module")
def sources() -> str:
    """The texts in which a field, a code or a log event may be defined."""
    files = [*(ROOT / "app").rglob("*.py"), MONITORING / "alerts.yaml", COMPONENT / "prometheus.yml"]
    return "\n".join(path.read_text("utf-8") for path in files)


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=name)
def test_a_command_runs_as_it_is_written(page: Page, command: str, overlay: str) -> None:
    # Runbooks have a variant for components/worker and components/upload, whose Deployments no overlay has.
    is_of_queue = re.search(r"[/=( ,](worker|maintenance|beat|upload|redis-broker)\b", command) is not None
    rendered = manifests.of(QUEUE if is_of_queue else manifests.K8S / "overlays" / overlay)
    created = set(re.findall(r"create job ([a-z-]+) ", page.text))

    assert Checker(rendered, created).faults(command) == []


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=name)
def test_a_command_on_objects_of_a_component_is_on_a_page_that_names_it(page: Page, command: str) -> None:
    needed = {component for component, names in OPTIONAL.items() if _names_object(command, names)}

    # Where there is only one of two components, kubectl reports the objects of the other one as not found.
    assert len(needed) <= 1
    assert [one for one in needed if re.search(rf"`components/{one}(-\w+)?`", page.text) is None] == []


def _names_object(command: str, names: str) -> bool:
    """True if a command names one of these objects, except in a set of labels, of which each selects what there is."""
    return re.search(rf"[/= ]({names})\b", re.sub(r"'[\w./-]+ in \([^)]*\)'", "", command)) is not None


def test_runbooks_of_removed_cronjobs_have_the_commands_of_the_schedule() -> None:
    removed = {"VerificationMissing": "verify", "BackupTooOld": "backup", "RestoreTestTooOld": "restore-test"}
    pages = {path.stem: path.read_text("utf-8") for path in PAGES}

    assert [name for name, entry in removed.items() if f"halocline beat --now {entry}`" not in pages[name]] == []


@pytest.mark.parametrize(("page", "query"), QUERIES, ids=name)
def test_a_query_reads_only_series_and_labels_that_exist(page: Page, query: str) -> None:
    assert series_labels.faults(query) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: name(rule.get("alert") or rule["record"]))
def test_a_rule_reads_only_labels_that_exist(rule: dict[str, str]) -> None:
    assert series_labels.faults(rule["expr"]) == []


@pages
def test_a_page_has_no_fragment_of_a_command(page: Page) -> None:
    assert page.fragments == []


@pages
def test_a_block_of_code_is_one_query(page: Page) -> None:
    assert page.kinds_of_blocks <= {"promql"}


@pages
def test_a_field_code_or_log_event_exists(page: Page, sources: str) -> None:
    assert [one for one in page.names if one not in sources] == []


@pages
def test_a_setting_exists(page: Page) -> None:
    known = {str(field.validation_alias or key).upper() for key, field in Settings.model_fields.items()}

    assert set(re.findall(r"`((?:HALOCLINE|WEB|MONGODB|REDIS|METRICS)_[A-Z_]+)`", page.text)) <= known


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("kubectl -n NAMESPACE get deploy website", "Deployment website does not exist"),
        ("kubectl -n NAMESPACE fetch pods", "kubectl has no command fetch"),
        ("kubectl -n NAMESPACE get pods --sorted", "kubectl get has no flag --sorted"),
        ("kubectl get pods", "the namespace is missing"),
        ("kubectl -n NAMESPACE get pods,events -l app.kubernetes.io/component=web", "events have no labels"),
        ("kubectl -n NAMESPACE get pods -l app.kubernetes.io/component=www", "…=www selects nothing"),
        ("kubectl -n NAMESPACE logs deploy/web -c app", "deploy/web has several pods: kubectl reads the log of one"),
        ("kubectl -n NAMESPACE logs -l app.kubernetes.io/component=web -c app", "kubectl prints ten lines of each …"),
        ("kubectl -n NAMESPACE logs -l app.kubernetes.io/component=web -c web --tail=9", "no selected pod has … web"),
        ("kubectl -n NAMESPACE exec mongodb-3 -- bash", "Pod mongodb-3 does not exist"),
        ("kubectl -n NAMESPACE exec mongodb-0 -- mongosh", "the image mongo has no mongosh"),
        ("kubectl -n NAMESPACE exec mongodb-0 -- bash /etc/mongodb/x.sh", "/etc/mongodb/x.sh is in no ConfigMap"),
        ("kubectl -n NAMESPACE exec mongodb-0 -- bash /opt/shell.sh", "/opt/shell.sh is on no volume of the container"),
        ("kubectl -n NAMESPACE exec deploy/ingest -- halocline verify --fix", "halocline verify has no option --fix"),
        ("kubectl -n NAMESPACE exec deploy/ingest -- halocline verify now", "halocline verify: Got unexpected …"),
        ("kubectl -n NAMESPACE exec deploy/ingest -- halocline erddap", "halocline erddap: Missing argument …"),
        ("kubectl -n NAMESPACE exec deploy/ingest -- halocline tasks", "halocline tasks needs a subcommand"),
        ("halocline worker --queue mails", "halocline worker: Invalid value for '--queue': …"),
        ("halocline beat --now verfy", "the schedule has no entry verfy"),
        ("kubectl -n NAMESPACE logs deploy/ingest -c app --tail=9", "deploy/ingest has no container app"),
        ("kubectl -n NAMESPACE exec deploy/web -- python -c 'import numpyy'", "no module numpyy"),
        ("kubectl -n NAMESPACE create job x --from=cronjob/backups", "CronJob backups does not exist"),
        ("halocline backups /backups", "halocline has no command backups"),
        ("kubectl -n NAMESPACE get pods | grepp x", "grepp is no program of the operator"),
        ("kubectl -n NAMESPACE get 'pods", "No closing quotation"),
    ],
)
def test_a_wrong_command_is_found(command: str, fault: str) -> None:
    pattern = ".*".join(re.escape(part) for part in fault.split("…"))
    faults = Checker(manifests.of(manifests.K8S / "overlays/production")).faults(command)

    assert [one for one in faults if re.fullmatch(pattern, one)], faults


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("sum(halocline_worker_thread)", "halocline_worker_thread does not exist"),
        ('up{job="halocline-web",component="web"}', "up has no label component"),
        ("sum by (reason) (halocline_worker_threads)", "no series has the label reason"),
        ('{__name__=~"kubes_.+"}', "no series matches"),
        ("max(a)\nmax(b)", "invalid promql query"),
    ],
)
def test_a_wrong_query_is_found(query: str, fault: str) -> None:
    assert any(fault in one for one in series_labels.faults(query)), series_labels.faults(query)


def test_the_pages_have_commands_and_queries() -> None:
    assert len(COMMANDS) > 100
    assert len(QUERIES) > 60
    assert {Path(page.path).stem for page, _ in QUERIES} >= {path.stem for path in PAGES} - {"README"}
