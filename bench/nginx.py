"""The example proxy and the edge cache of Kubernetes on the loopback interface: as shipped, with addresses changed."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from app.localdev.ports import free_port

ROOT = Path(__file__).parent.parent
PROXY = ROOT / "deploy" / "proxy"
EDGE = ROOT / "deploy" / "k8s" / "components" / "edge-cache" / "nginx.conf"

_AROUND = """{user}worker_processes {workers};
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type text/html;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy_temp;
    fastcgi_temp_path {folder}/fastcgi_temp;
    uwsgi_temp_path {folder}/uwsgi_temp;
    scgi_temp_path {folder}/scgi_temp;
    include {folder}/halocline.conf;
    {more}
}}
"""


def program() -> str | None:
    """Path of nginx on this machine, or None. Debian installs it in a folder that is on the PATH of root only."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def command(folder: Path, port: int, portal_port: int, more: str = "", workers: int = 1) -> list[str]:
    """The command that runs the example in the foreground on the loopback interface, with its files in `folder`.

    `more` is further configuration of the `http` block. Raises ValueError if the example lacks an expected directive.
    """
    unreachable_port = free_port()
    _write_shared(folder, folder / "halocline", unreachable_port)
    example = _adapted(
        PROXY / "halocline.conf",
        {
            "server 127.0.0.1:8000 ": f"server 127.0.0.1:{portal_port} ",
            "server 127.0.0.1:8009 ": f"server 127.0.0.1:{unreachable_port} ",
            "listen 80;": f"listen 127.0.0.1:{port};",
            "server_name portal.example.org;": "server_name 127.0.0.1;",
        },
    )
    (folder / "halocline.conf").write_text(example, encoding="utf-8")
    around = _AROUND.format(folder=folder, more=more, workers=workers, user=user())
    return _started(folder, around)


def edge_command(folder: Path, port: int, portal_port: int) -> list[str]:
    """The same for the edge cache of Kubernetes."""
    unreachable_port = free_port()
    _write_shared(folder, folder, unreachable_port)
    edge = _adapted(
        EDGE,
        {
            "/tmp/": f"{folder}/",  # noqa: S108 - the path in the pod, which this replaces
            "/dev/stdout": str(folder / "access.log"),
            "/dev/stderr": "stderr",
            "server web:80 ": f"server 127.0.0.1:{portal_port} ",
            "server 127.0.0.1:8009 ": f"server 127.0.0.1:{unreachable_port} ",
            "listen 8080 ": f"listen 127.0.0.1:{port} ",
            "listen 8081;": f"listen 127.0.0.1:{free_port()};",
        },
    )
    return _started(folder, user() + edge)


def _write_shared(folder: Path, target: Path, unreachable_port: int) -> None:
    """Copy the shared files to `target`; the cache itself is in `folder`."""
    target.mkdir(parents=True, exist_ok=True)
    changes = {
        "/var/cache/nginx/halocline": f"{folder}/cache",
        "listen 127.0.0.1:8009;": f"listen 127.0.0.1:{unreachable_port};",
    }
    (target / "cache.conf").write_text(_adapted(PROXY / "cache.conf", changes), encoding="utf-8")
    shutil.copy(PROXY / "server.conf", target / "server.conf")


def _adapted(path: Path, changes: Mapping[str, str]) -> str:
    """The text of a file with directives changed. Raises ValueError if it lacks one of them."""
    text = path.read_text(encoding="utf-8")
    for directive, value in changes.items():
        if directive not in text:
            raise ValueError(f"{path.name} does not contain {directive!r}")
        text = text.replace(directive, value)
    return text


def user() -> str:
    """As root, nginx would switch to a user without access to the folder."""
    return "user root;\n" if os.geteuid() == 0 else ""


def _started(folder: Path, configuration: str) -> list[str]:
    """Write the main configuration and return the command that runs it in the foreground."""
    file = folder / "nginx.conf"
    file.write_text(configuration, encoding="utf-8")
    return [program() or "nginx", "-p", str(folder), "-e", "stderr", "-c", str(file), "-g", "daemon off;"]
