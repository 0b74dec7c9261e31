"""The component mongodb-tls on a real mongod: its command line, and clients that check the certificate authority."""

import dataclasses
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import ServerSelectionTimeoutError

from app import config, extensions
from app.localdev import libraries, pidfiles, readiness, servers
from tests.integration.deploy import replica_set_users
from tests.reserved_ports import reserve
from tests.unit.deploy.manifests import combined

MODE = "preferTLS"
NEW_CA = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]


@dataclasses.dataclass(frozen=True)
class Member:
    """A mongod with TLS, whose files are in `home`."""

    home: Path
    address: str

    def settings(self, authority: str) -> config.Settings:
        return config.load(
            mongodb_uri=f"mongodb://{self.address}/?directConnection=true",
            mongodb_tls_ca_path=self.home / authority,
            mongodb_timeout_ms=2000,
        )


def _openssl(*arguments: str, folder: Path) -> None:
    subprocess.run(["openssl", "req", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    home, port = tmp_path_factory.mktemp("tls"), reserve()
    for name in ("ca", "other"):
        _openssl(*NEW_CA, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}", folder=home)
    signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1", "-subj", "/CN=mongodb"]
    _openssl(*NEW_CA, "-keyout", "tls.key", "-out", "tls.crt", *signed, folder=home)
    (home / "data").mkdir()
    replica_set_users.write(home)
    (container,) = combined("own", "ingress-traefik").workload("mongodb").containers
    script = container["command"][2].replace("/tmp/", "run-").replace("/run/secrets/mongodb-tls", str(home))
    script = f"cd {home} && {script}"
    script = script.replace("exec mongod", f"exec {libraries.mongod()}")
    options = ["--replSet", "rs0", "--port", str(port), "--bind_ip", "127.0.0.1", "--dbpath", str(home / "data")]
    options += ["--nounixsocket", "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25", "--quiet"]
    command = ["env", f"TLS_MODE={MODE}", "bash", "-c", script, str(home / "keyfile"), *options]
    pidfiles.start("mongodb", command, home)
    try:
        member = Member(home, f"127.0.0.1:{port}")
        with MongoClient[dict[str, object]](
            member.address, directConnection=True, tls=True, tlsCAFile=str(home / "ca.crt"), timeoutMS=1000
        ) as client:
            readiness.wait("mongodb", home, lambda: bool(client.admin.command("hello")), (ServerSelectionTimeoutError,))
        yield member
    finally:
        servers.stop(home)


def test_the_portal_and_the_job_of_the_users_connect_with_tls(member: Member) -> None:
    output = replica_set_users.initiate(member.home, member.address, MONGODB_TLS_CA_PATH=str(member.home / "ca.crt"))

    mongo = extensions.Mongo()
    mongo.bind(member.settings("ca.crt"))
    try:
        mongo.ping()
        assert mongo.client.admin.command("hello")["isWritablePrimary"] is True
    finally:
        mongo.close()
    assert output.splitlines()[-1].startswith("users: ")


def test_a_server_of_another_authority_is_refused(member: Member) -> None:
    mongo = extensions.Mongo()
    mongo.bind(member.settings("other.crt"))
    try:
        with pytest.raises(ServerSelectionTimeoutError, match="certificate verify failed"):
            mongo.client.admin.command("hello")
    finally:
        mongo.close()


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_file_without_certificates_is_named(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.crt"
    if text is not None:
        path.write_text(text)
    monkeypatch.setitem(os.environ, "MONGODB_TLS_CA_PATH", str(path))

    with pytest.raises(config.SettingsError, match=f"^MONGODB_TLS_CA_PATH: cannot read certificates from {path}$"):
        config.load()
