"""A cluster as the drills see it: kubectl on the current context, the lab's namespace, and the way in."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

NAMESPACE = "halocline-lab"
DRILL = Path(__file__).parent / "drill"
Document = dict[str, Any]
Found = TypeVar("Found")

# Straight to the cluster: a proxy from the environment would answer in its place.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(AssertionError):
    """A command or a wait that did not end well; the text says which."""


def kubectl(*arguments: str, stdin: bytes | None = None, timeout_s: float = 120, check: bool = True) -> str:
    """What kubectl prints. Raises Failed with what it said."""
    command = ["kubectl", "--namespace", NAMESPACE, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout_s, check=False)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()


def get(*arguments: str) -> Document:
    """Objects as kubectl gives them in JSON."""
    found: Document = json.loads(kubectl("get", *arguments, "--output=json"))
    return found


def until(what: str, look: Callable[[], Found], timeout_s: float, every_s: float = 1) -> Found:
    """The first answer that is neither None, False, 0 nor empty. Raises Failed when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {timeout_s:g} s")
        time.sleep(every_s)
    return found


def read(url: str, timeout_s: float = 30) -> tuple[int, bytes]:
    """Status and body; status 0 and the reason when there is no answer."""
    try:
        with _opener.open(url, timeout=timeout_s) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


class Lab:
    """The lab overlay with one image of Halocline, at one address."""

    def __init__(self, image: str, url: str) -> None:
        self.image = image
        self.url = url.rstrip("/")

    @contextlib.contextmanager
    def rendered(self, *patches: Document) -> Iterator[str]:
        """A folder to give to `kubectl apply -k`: the drill's manifests, this image, and patches to them."""
        name, tag, digest = _parts(self.image)
        images = [
            {"name": old, "newName": name} | ({"digest": digest} if digest else {"newTag": tag})
            for old in ("halocline", "localhost/lab/halocline")
        ]
        with tempfile.TemporaryDirectory() as made:
            # kubectl resolves links first, and refuses absolute paths.
            folder = Path(made).resolve()
            content = {
                "resources": [os.path.relpath(DRILL.resolve(), folder)],
                "images": images,
                "patches": [{"patch": json.dumps(patch)} for patch in patches],
            }
            (folder / "kustomization.yaml").write_text(json.dumps(content))
            yield str(folder)

    def apply(self, *patches: Document) -> list[str]:
        """Brings the cluster to the manifests with these patches, and to nothing else; a line for each object."""
        with self.rendered(*patches) as folder:
            return kubectl("apply", "--kustomize", folder).splitlines()

    def delete(self) -> None:
        """Takes everything away, also what has no namespace, and waits until it is gone."""
        with self.rendered() as folder:
            kubectl("delete", "--kustomize", folder, "--ignore-not-found", "--wait=false", check=False)
        # Nobody will miss these data: mongod need not wait for its clients to leave.
        kubectl("delete", "pods", "--all", "--grace-period=1", "--wait=false", check=False)
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=180s", timeout_s=200)

    def rolled_out(self, timeout_s: int = 240) -> None:
        """Returns when every pod of the web is of the newest revision and available."""
        kubectl("rollout", "status", "deployment/web", f"--timeout={timeout_s}s", timeout_s=timeout_s + 10)

    def restart(self) -> None:
        """Replaces every web pod, as a release does, and returns when the old ones are gone."""
        before = {pod["metadata"]["name"] for pod in self.pods("web")}
        kubectl("rollout", "restart", "deployment/web")
        self.rolled_out()
        until("old pods to go", lambda: not before & {pod["metadata"]["name"] for pod in self.pods("web")}, 120)

    def pods(self, component: str) -> list[Document]:
        items: list[Document] = get("pods", f"--selector=app.kubernetes.io/component={component}")["items"]
        return items

    def json(self, path: str) -> Document:
        """A document of the API, through the ingress. Raises Failed unless it is one."""
        status, body = read(self.url + path)
        if status != 200:
            raise Failed(f"{path}: {status} {body[:300]!r}")
        document: Document = json.loads(body)
        return document

    def python(self, pod: str, code: str, *arguments: str) -> str:
        """What a line of Python prints in a pod of this namespace."""
        return kubectl("exec", pod, "--", "python", "-c", code, *arguments)


@contextlib.contextmanager
def forwarded(target: str, port: int) -> Iterator[str]:
    """The address on this machine at which a port of a pod or Service answers."""
    command = ["kubectl", "--namespace", NAMESPACE, "port-forward", target, f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            if found is None:
                raise Failed(f"{' '.join(command)}: {line}")
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            process.terminate()


def _parts(image: str) -> tuple[str, str, str]:
    """Name, tag and digest of an image."""
    rest, _, digest = image.partition("@")
    name, colon, tag = rest.rpartition(":")
    # A colon before a slash belongs to a port.
    return (rest, "", digest) if not colon or "/" in tag else (name, tag, digest)
