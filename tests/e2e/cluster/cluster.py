"""The cluster of the drills: kubectl on the current context, the lab's namespace, and requests through the ingress."""

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

from tests.e2e.cluster import documented

NAMESPACE = "halocline-lab"
DRILL = Path(__file__).parent / "drill"
# The same with the edge cache.
EDGE = Path(__file__).parent / "edge"
# The same with the queue and with uploads.
QUEUE = Path(__file__).parent / "queue"
Document = dict[str, Any]
Value = TypeVar("Value")

# Direct connections: a proxy from the environment would respond instead of the cluster.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(AssertionError):
    """A command failed or a wait timed out; the text names it."""


def kubectl(*arguments: str, stdin: bytes | None = None, timeout_s: float = 120, check: bool = True) -> str:
    """The standard output of kubectl. Raises Failed with all of its output."""
    command = ["kubectl", "--namespace", NAMESPACE, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout_s, check=False)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()


def get(*arguments: str) -> Document:
    """Objects of the cluster in JSON."""
    document: Document = json.loads(kubectl("get", *arguments, "--output=json"))
    return document


def until(what: str, poll: Callable[[], Value], timeout_s: float, every_s: float = 1) -> Value:
    """The first true value of `poll()`. Raises Failed if there is none in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := poll()):
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {timeout_s:g} s")
        time.sleep(every_s)
    return value


def is_ready(pod: Document) -> bool:
    """True if the pod's condition Ready is true."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))


def read(url: str, timeout_s: float = 30) -> tuple[int, bytes]:
    """Status and body; status 0 and the reason if there is no response."""
    status, body, _ = response(url, timeout_s)
    return status, body


def response(url: str, timeout_s: float = 30) -> tuple[int, bytes, dict[str, str]]:
    """The same with the headers."""
    return send(urllib.request.Request(url), timeout_s)


def send(request: urllib.request.Request, timeout_s: float = 30) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of the response to any request."""
    try:
        with _opener.open(request, timeout=timeout_s) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)
    except OSError as error:
        return 0, str(error).encode(), {}


class Lab:
    """The lab overlay with the images of Halocline, and the URL of its ingress.

    `image` is that of the web pods, `NAME:TAG`; that of the importer is `NAME-ingest:TAG`.
    """

    def __init__(self, image: str, url: str) -> None:
        self.image = image
        self.name, _, self.tag = image.rpartition(":")
        self.url = url.rstrip("/")
        if not self.name or "/" in self.tag:
            raise Failed(f"{image}: the image needs a tag")

    def start(self, *patches: Document, manifests: Path = DRILL) -> None:
        """Install the lab with the commands of the documentation, and wait until everything is Ready."""
        self.run("Install", *patches, manifests=manifests)
        kubectl(
            "wait", "--for=condition=ready", "pod", "--all", "--field-selector=status.phase=Running", "--timeout=120s"
        )

    def run(self, title: str, *patches: Document, manifests: Path = DRILL) -> None:
        """Run the commands of a section of docs/operations.md with these manifests."""
        with self.rendered(*patches, manifests=manifests) as folder:
            documented.run(title, NAMESPACE, folder)

    @contextlib.contextmanager
    def rendered(self, *patches: Document, manifests: Path = DRILL) -> Iterator[str]:
        """A folder for `kubectl apply -k`: the manifests of the drills, this image, and patches."""
        images = [
            {"name": f"{old}{role}", "newName": f"{self.name}{role}", "newTag": self.tag}
            for old in ("halocline", "localhost/lab/halocline")
            for role in ("", "-ingest")
        ]
        with tempfile.TemporaryDirectory() as temporary:
            # kubectl resolves links first, and refuses absolute paths.
            folder = Path(temporary).resolve()
            content = {
                "resources": [os.path.relpath(manifests.resolve(), folder)],
                "images": images,
                "patches": [{"patch": json.dumps(patch)} for patch in patches],
            }
            (folder / "kustomization.yaml").write_text(json.dumps(content))
            yield str(folder)

    def apply(self, *patches: Document, manifests: Path = DRILL) -> list[str]:
        """Apply the manifests with these patches only; returns a line for each object."""
        with self.rendered(*patches, manifests=manifests) as folder:
            return kubectl("apply", "--kustomize", folder).splitlines()

    def change_to(self, manifests: Path) -> None:
        """Apply other manifests of the lab, by deleting the Job whose template cannot be changed.

        It may have ended less than ten minutes ago, after which it is deleted by itself.
        """
        kubectl("delete", "job", "indexes", "--ignore-not-found")
        self.apply(manifests=manifests)

    def delete(self) -> None:
        """Delete all objects, also those without a namespace, and wait until the namespace is deleted."""
        with self.rendered() as folder:
            kubectl("delete", "--kustomize", folder, "--ignore-not-found", "--wait=false", check=False)
        # The data are disposable: mongod need not wait for its clients to disconnect.
        kubectl("delete", "pods", "--all", "--grace-period=1", "--wait=false", check=False)
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=180s", timeout_s=200)

    def rolled_out(self, timeout_s: int = 240) -> None:
        """Wait until every web pod is of the newest revision and available."""
        kubectl("rollout", "status", "deployment/web", f"--timeout={timeout_s}s", timeout_s=timeout_s + 10)

    def restart(self) -> None:
        """Replace every web pod, as a release does, and wait until the old ones are deleted."""
        kubectl("rollout", "restart", "deployment/web")
        self.replaced()

    def replaced(self) -> None:
        """Wait as `rolled_out`, and until the old web pods are deleted: while they drain, they may still respond."""
        self.rolled_out()
        until("only pods of the newest revision", lambda: len(self._web_revisions()) == 1, 120)

    def _web_revisions(self) -> set[str]:
        return {pod["metadata"]["labels"]["pod-template-hash"] for pod in self.pods("web")}

    def pods(self, component: str) -> list[Document]:
        items: list[Document] = get("pods", f"--selector=app.kubernetes.io/component={component}")["items"]
        return items

    def oldest_web_pod(self) -> Document:
        """The web pod that has been Ready for the longest: the autoscaler deletes younger ones first."""
        ready = [pod for pod in self.pods("web") if is_ready(pod) and "deletionTimestamp" not in pod["metadata"]]
        return min(ready, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def ready(self) -> int:
        """The number of web pods that are Ready."""
        return sum(is_ready(pod) for pod in self.pods("web"))

    def json(self, path: str) -> Document:
        """A document of the API, through the ingress. Raises Failed unless the status is 200."""
        status, body = read(self.url + path)
        if status != 200:
            raise Failed(f"{path}: {status} {body[:300]!r}")
        document: Document = json.loads(body)
        return document

    def python(self, pod: str, code: str, *arguments: str) -> str:
        """The output of Python code in a pod of this namespace."""
        return kubectl("exec", pod, "--", "python", "-c", code, *arguments)


def web_patch(environment: dict[str, str], *, drain: bool = True) -> Document:
    """A patch of the web Deployment: environment variables of the app, and no graceful shutdown unless `drain`."""
    app: Document = {"name": "app", "env": [{"name": name, "value": value} for name, value in environment.items()]}
    pod: Document = {"containers": [app]}
    spec: Document = {"template": {"spec": pod}}
    if not drain:
        app["lifecycle"] = None
        pod["terminationGracePeriodSeconds"] = 1
        spec["minReadySeconds"] = 1
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


@contextlib.contextmanager
def forwarded(target: str, port: int) -> Iterator[str]:
    """The local URL that is forwarded to a port of a pod or Service, for the time of the block."""
    command = ["kubectl", "--namespace", NAMESPACE, "port-forward", target, f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.search(r"127\.0\.0\.1:(\d+)", line)
            if match is None:
                raise Failed(f"{' '.join(command)}: {line}")
            yield f"http://127.0.0.1:{match[1]}"
        finally:
            process.terminate()
