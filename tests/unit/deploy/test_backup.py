"""The components backup and backup-s3: connections, commands, and where the target and the keys come from."""

import os
from pathlib import Path

import pytest

from app.commands import backup_options
from tests.unit.deploy.manifests import K8S, Document, Manifests, of

_SETTINGS = "{name: halocline, behavior: merge, literals: [BACKUP_TARGET=s3://bucket/portal]}"


@pytest.fixture
def backup(tmp_path: Path) -> Manifests:
    """The base with the component backup."""
    return _rendered(tmp_path, "backup")


@pytest.fixture
def backup_s3(tmp_path: Path) -> Manifests:
    """The base with both components."""
    return _rendered(tmp_path, "backup", "backup-s3")


def _rendered(folder: Path, *names: str) -> Manifests:
    base = os.path.relpath(K8S, folder)
    components = ", ".join(f"{base}/components/{name}" for name in names)
    text = f"resources: [{base}/base]\ncomponents: [{components}]\nconfigMapGenerator: [{_SETTINGS}]\n"
    (folder / "kustomization.yaml").write_text(text)
    return of(folder)


def _container(manifests: Manifests, name: str) -> Document:
    (container,) = manifests.workload(name).containers
    return container


def test_the_command_line_accepts_the_arguments_of_both_jobs(backup: Manifests) -> None:
    commands = {"backup": backup_options.backup, "restore": backup_options.restore}
    arguments = [_container(backup, name)["args"] for name in ("backup", "restore-test", "restore")]

    parsed = [commands[name].make_context(name, list(rest)).params for _, name, *rest in arguments]

    assert [each["target"] for each in parsed] == ["/backups"] * 3
    assert parsed[0]["keep_days"] == 30
    assert [each.get("is_test") for each in parsed] == [None, True, False]


def test_a_restore_is_never_due_and_uses_the_account_of_the_owner(backup: Manifests) -> None:
    volumes = {volume["name"]: volume for volume in backup.workload("restore").pod["volumes"]}

    assert backup.one("CronJob", "restore")["spec"]["suspend"] is True
    assert volumes["secrets"]["secret"]["secretName"] == "mongodb-admin"


def test_only_the_backup_writes_to_the_claim(backup: Manifests) -> None:
    mounts = {
        name: next(mount for mount in _container(backup, name)["volumeMounts"] if mount["name"] == "backups")
        for name in ("backup", "restore-test")
    }

    assert mounts["backup"].get("readOnly") is not True
    assert mounts["restore-test"]["readOnly"] is True
    assert backup.one("PersistentVolumeClaim", "backups")


def test_a_bucket_replaces_the_claim(backup_s3: Manifests) -> None:
    containers = [_container(backup_s3, name) for name in ("backup", "restore-test")]
    pods = [backup_s3.workload(name).pod for name in ("backup", "restore-test")]

    assert backup_s3.of("PersistentVolumeClaim") == []
    assert [one["args"][2] for one in containers] == ["$(BACKUP_TARGET)", "$(BACKUP_TARGET)"]
    assert all({"store-keys", "secrets", "tmp"} == {volume["name"] for volume in pod["volumes"]} for pod in pods)
    files = {entry["name"] for one in containers for entry in one["env"]}
    assert {"MONGODB_URI_FILE", "AWS_ACCESS_KEY_ID_FILE", "AWS_SECRET_ACCESS_KEY_FILE"} <= files
    (rule,) = backup_s3.one("NetworkPolicy", "backup-store")["spec"]["egress"]
    assert [port["port"] for port in rule["ports"]] == [443]
