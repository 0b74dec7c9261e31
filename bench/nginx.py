"""The example proxy as shipped, with the four directives changed that an operator adapts."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "deploy" / "proxy" / "halocline.conf"

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
    text = EXAMPLE.read_text(encoding="utf-8")
    adapted: Mapping[str, str] = {
        "/var/cache/nginx/halocline": f"{folder}/cache",
        "server 127.0.0.1:8000 ": f"server 127.0.0.1:{portal_port} ",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "server_name portal.example.org;": "server_name 127.0.0.1;",
    }
    for directive, value in adapted.items():
        if text.count(directive) != 1:
            raise ValueError(f"{EXAMPLE.name} does not contain {directive!r} exactly once")
        text = text.replace(directive, value)
    (folder / "halocline.conf").write_text(text, encoding="utf-8")
    # As root, nginx would switch to a user without access to the folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    around = _AROUND.format(folder=folder, more=more, workers=workers, user=user)
    (folder / "nginx.conf").write_text(around, encoding="utf-8")
    return [program() or "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
