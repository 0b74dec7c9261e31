"""CPU shares for the measurement of an import: weights from the manifests, set by cgroups or by nice levels."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import cpu_shares


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits until its standard input is closed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield child
        child.kill()


@pytest.mark.parametrize("role", cpu_shares.ROLES)
def test_each_role_has_a_cpu_request_in_its_manifest(role):
    assert 0 < cpu_shares.millicores(role) <= 4000


@pytest.mark.parametrize(("weight", "level"), [(500, 0), (250, 3), (50, 10), (900, 0)])
def test_a_nice_level_approximates_a_weight(weight, level):
    assert cpu_shares.nice_level(weight, 500) == level


def test_without_cgroups_the_importer_gets_a_nice_level(process, monkeypatch, tmp_path):
    monkeypatch.setattr(cpu_shares, "_own_cgroup", lambda: tmp_path / "missing")
    before = os.getpriority(os.PRIO_PROCESS, os.getpid())
    with cpu_shares.applied({"web": os.getpid(), "importer": process.pid}) as means:
        assert means == "nice"
        level = cpu_shares.nice_level(cpu_shares.millicores("importer"), cpu_shares.millicores("web"))
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(before + level, 19)


def test_with_cgroups_each_process_has_a_group_with_its_weight_and_returns(process, monkeypatch, tmp_path):
    parent = tmp_path / "cpu"
    parent.mkdir()
    monkeypatch.setattr(cpu_shares, "_own_cgroup", lambda: parent)
    mkdir = Path.mkdir

    def with_files(group: Path) -> None:
        mkdir(group)
        (group / "cpu.shares").write_text("1024", encoding="ascii")

    monkeypatch.setattr(Path, "mkdir", with_files)
    with cpu_shares.applied({"web": os.getppid(), "importer": process.pid}) as means:
        groups = {group.name.rpartition("-")[2]: group for group in parent.iterdir()}
        shares = {role: int((group / "cpu.shares").read_text()) for role, group in groups.items()}
        moved = int((groups["importer"] / "cgroup.procs").read_text())
    assert (means, moved) == ("cgroup", process.pid)
    share = cpu_shares.millicores("importer") / cpu_shares.millicores("web")
    assert shares == {"web": 1024, "importer": round(1024 * share)}
    assert int((parent / "cgroup.procs").read_text()) == process.pid
