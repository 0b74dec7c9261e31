"""Each image contains what its commands import: the web image the packages of requirements/web.txt, no others."""

import importlib.metadata
import re
import sys

import grimp
import pytest

from app.commands import failures
from tests.guards.repository import ROOT

# What the web image runs: gunicorn with gunicorn.conf.py, `halocline metrics` and `halocline indexes`.
ENTRY_POINTS = (
    "app.wsgi",
    "app.server.worker",
    "app.telemetry.metrics_server",
    "app.store.indexes",
    "app.commands.failures",
)
ALSO_IMPORTED_BY_THEIR_COMMANDS = (
    "app.store.connection",
    "app.store.backup_records",
    "app.store.counters",
    "app.store.parked_tasks",
    "app.store.platforms",
    "app.store.rebuild_queue",
    "app.store.schedule_runs",
    "app.store.task_counts",
    "app.store.verifications",
    "app.tasks.broker",
)

# Packages of requirements/tracing.txt. Only functions that a setting switches on import them.
OPTIONAL = {"opentelemetry", "sentry_sdk"}


def _installed(role: str) -> set[str]:
    """The import names of the packages that a role installs."""
    text = (ROOT / f"requirements/{role}.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"(?m)^([\w.-]+)==", text))
    names = importlib.metadata.packages_distributions()
    return {name for name, owners in names.items() if locked & {owner.lower().replace("_", "-") for owner in owners}}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The imports of the portal, in functions too, without those for type checkers."""
    return grimp.build_graph("app", include_external_packages=True, cache_dir=None, exclude_type_checking_imports=True)


def _third_party(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] != "app"} - sys.stdlib_module_names - OPTIONAL


def test_the_web_image_has_the_packages_that_its_commands_import(graph: grimp.ImportGraph) -> None:
    reached = {
        module: graph.find_upstream_modules(module) for module in (*ENTRY_POINTS, *ALSO_IMPORTED_BY_THEIR_COMMANDS)
    }
    missing = {module: _third_party(modules) - _installed("web") for module, modules in reached.items()}

    assert missing == {module: set() for module in reached}


def test_the_ingest_image_has_every_package_that_is_not_for_development(graph: grimp.ImportGraph) -> None:
    assert _third_party(graph.modules) - _installed("ingest") == {"flask_debugtoolbar"}


def test_every_package_that_the_web_image_lacks_is_named_in_the_error_of_its_commands(graph: grimp.ImportGraph) -> None:
    lacking = _third_party(graph.modules) - _installed("web")

    assert lacking - failures.DEVELOPMENT == failures.INGEST
    assert failures.INGEST & _installed("web") == set()
