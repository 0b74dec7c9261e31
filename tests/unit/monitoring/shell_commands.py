"""What is wrong with a command of a runbook: each is checked against the manifests, kubectl and the command line."""

import ast
import functools
import importlib.util
import itertools
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.unit.deploy import manifests
from tests.unit.deploy.manifests import Document, Manifests, Workload
from tests.unit.monitoring import halocline_commands

# Programs of the operator's machine.
LOCAL = {"curl", "dig", "grep", "halocline", "head", "jq", "kubectl", "sort", "tail", "tar", "xargs"}
# Programs in the images that the runbooks use, by the name of the image without its registry.
IN_IMAGES = {
    "halocline": {"halocline", "printenv", "python"},
    "halocline-ingest": {"halocline", "printenv", "python", "tar"},
    "mongo": {"bash"},
    "alertmanager": {"amtool"},
}
KINDS = {
    "deploy": "Deployment", "deployment": "Deployment", "statefulset": "StatefulSet", "pod": "Pod", "pods": "Pod",
    "job": "Job", "jobs": "Job", "cronjob": "CronJob", "cronjobs": "CronJob", "hpa": "HorizontalPodAutoscaler",
    "pdb": "PodDisruptionBudget", "pvc": "PersistentVolumeClaim", "svc": "Service", "networkpolicy": "NetworkPolicy",
    "ingress": "Ingress", "endpointslices": "EndpointSlice", "replicasets": "ReplicaSet", "events": "Event",
    "nodes": "Node", "node": "Node", "secret": "Secret", "secrets": "Secret", "service": "Service",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler", "scaledobject": "ScaledObject",
    # cert-manager, where it is installed.
    "certificate": "Certificate", "certificates": "Certificate", "certificaterequests": "CertificateRequest",
    "orders": "Order", "challenges": "Challenge",
}  # fmt: skip
CREATES_PODS = ("Deployment", "StatefulSet", "Job", "CronJob")
# The forms of flags with a value in the next word; all others have it after "=".
SHORT = {
    "--namespace": "-n", "--selector": "-l", "--container": "-c", "--output": "-o", "--patch": "-p",
    "--filename": "-f", "--kustomize": "-k",
}  # fmt: skip
WITH_VALUE = {*SHORT.values(), "--since", "--tail"}
SUBCOMMANDS = {"rollout", "create", "top", "config"}
# Commands whose words name no object of the manifests: they create or change what a file or their words describe.
NO_OBJECTS = {
    "apply", "replace", "create", "create namespace", "create secret generic", "config set-context", "top pods",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kubectl:
    """A command of kubectl in its parts."""

    verb: str
    words: list[str]
    flags: dict[str, str]
    inner: list[str]

    @classmethod
    def of(cls, words: list[str]) -> "Kubectl":
        """The parts of the words after `kubectl`."""
        own, _, inner = _partition(words, "--")
        flags: dict[str, str] = {}
        plain: list[str] = []
        rest = iter(own)
        for word in rest:
            name, equals, value = word.partition("=")
            name = SHORT.get(name, name)
            if name in WITH_VALUE and not equals:
                flags[name] = next(rest, "")
            elif word.startswith("-"):
                flags[name] = value
            else:
                plain.append(word)
        # A group has a subcommand; that of a Secret has the type of the Secret, too.
        count = 3 if plain[:2] == ["create", "secret"] else 2 if plain[:1] and plain[0] in SUBCOMMANDS else 1
        return cls(" ".join(plain[:count]), plain[count:], flags, inner)


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks the commands of a page against rendered manifests; `created` are the Jobs that the page creates.

    `names_namespace`: each command of kubectl must name it. `is_whole`: each command can be run as it is written.
    """

    rendered: Manifests
    created: set[str] = field(default_factory=set)
    names_namespace: bool = True
    is_whole: bool = True

    def faults(self, command: str) -> list[str]:
        """What is wrong with a command: an empty list for one that can be run as it is written."""
        try:
            parts = _pipeline(command)
        except ValueError as error:
            return [str(error)]
        return [fault for words in parts for fault in self._faults(words)]

    def _faults(self, words: list[str]) -> Iterator[str]:
        if words[0] not in LOCAL:
            yield f"{words[0]} is no program of the operator"
        elif words[0] == "halocline":
            # On the operator's machine it is named, not run: the runbooks run it in a pod.
            yield from halocline_commands.faults(words[1:], is_whole=False)
        elif words[0] == "kubectl":
            yield from self._kubectl(Kubectl.of(words[1:]))
        elif words[0] == "xargs":
            yield from halocline_commands.faults(words[2:], is_whole=False)

    def _kubectl(self, command: Kubectl) -> Iterator[str]:
        if (known := flags_of(command.verb)) is None:
            yield f"kubectl has no command {command.verb}"
            return
        yield from (f"kubectl {command.verb} has no flag {flag}" for flag in command.flags if flag not in known)
        is_cluster = command.verb == "cordon" or any(KINDS.get(word) == "Node" for word in command.words)
        if self.names_namespace and not is_cluster and not {"-n", "-A"} & command.flags.keys():
            yield "the namespace is missing"
        if self.names_namespace and command.flags.get("-n", "NAMESPACE") != "NAMESPACE":
            return  # Objects of another product.
        yield from self._objects(command)
        yield from self._selected(command)
        yield from self._logs(command)
        if "-p" in command.flags:
            json.loads(command.flags["-p"])
        if command.inner:
            yield from self._inner(command)

    def _named(self, command: Kubectl) -> Iterator[tuple[str, str]]:
        """Kind and name of each object that a command names."""
        if command.verb == "create job":
            yield from (tuple(one.split("/")) for one in [command.flags["--from"]])  # type: ignore[misc]
        elif command.verb in {"logs", "exec", "port-forward", "cordon"}:
            kind, _, name = command.words[0].rpartition("/")
            yield kind or ("node" if command.verb == "cordon" else "pod"), name
        elif command.verb == "cp":
            yield from (("pod", word.partition(":")[0]) for word in command.words if ":" in word)
        elif "/" in "".join(command.words[:1]):
            yield from (tuple(word.split("/", 1)) for word in command.words)  # type: ignore[misc]
        else:
            for kind in filter(None, "".join(command.words[:1]).split(",")):
                # An annotation follows the name of the object.
                names = command.words[1:2] if command.verb == "annotate" else command.words[1:]
                yield from ((kind, name) for name in names or [""])

    def _objects(self, command: Kubectl) -> Iterator[str]:
        if command.verb in NO_OBJECTS or (command.verb == "logs" and "-l" in command.flags):
            return
        for kind, name in self._named(command):
            if kind not in KINDS:
                yield f"{kind} is no known kind"
            elif name and not _is_placeholder(name) and not self._exists(KINDS[kind], name):
                yield f"{KINDS[kind]} {name} does not exist"

    def _exists(self, kind: str, name: str) -> bool:
        if kind == "Pod":
            return name in self._ordinals("{set}")
        if kind == "Secret":
            return name in self._secrets()
        if kind == "PersistentVolumeClaim" and name in self._ordinals("{claim}-{set}"):
            return True
        return name in self.created or any(one["metadata"]["name"] == name for one in self.rendered.of(kind))

    def _secrets(self) -> set[str]:
        """The names of the Secrets that pods mount: no manifest contains a Secret."""
        volumes = [volume for one in self.rendered.workloads for volume in one.pod.get("volumes", [])]
        return {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}

    def _ordinals(self, pattern: str) -> set[str]:
        """The names of the pods of StatefulSets, or of their claims."""
        return {
            f"{pattern.format(set=one['metadata']['name'], claim=claim['metadata']['name'])}-{number}"
            for one in self.rendered.of("StatefulSet")
            for claim in one["spec"].get("volumeClaimTemplates", [])
            for number in range(one["spec"]["replicas"])
        }

    def _selected(self, command: Kubectl) -> Iterator[str]:
        if "-l" not in command.flags:
            return
        kinds = {KINDS.get(one) for one in "".join(command.words[:1]).split(",")}
        if "Event" in kinds:
            yield "events have no labels"
        workloads = self._matching(command.flags["-l"])
        if not workloads:
            yield f"{command.flags['-l']} selects nothing"
        container = command.flags.get("-c", "")
        if container and not any(container == one["name"] for each in workloads for one in each.containers):
            yield f"no selected pod has the container {container}"

    def _matching(self, selector: str) -> list[Workload]:
        match = re.fullmatch(r"([\w./-]+) in \(([^)]*)\)", selector)
        key, values = (match[1], match[2].split(",")) if match else (selector.split("=")[0], selector.split("=")[1:])
        return [one for one in self.rendered.workloads if one.labels.get(key) in values]

    def _logs(self, command: Kubectl) -> Iterator[str]:
        if command.verb != "logs":
            return
        if "-l" in command.flags:
            if "--tail" not in command.flags:
                yield "kubectl prints ten lines of each selected pod without --tail"
            return
        kind, _, name = command.words[0].rpartition("/")
        workload = self._workload(kind, name) if kind else None
        if workload is not None and workload.kind in {"Deployment", "StatefulSet"} and self.rendered.pods(workload) > 1:
            yield f"{command.words[0]} has several pods: kubectl reads the log of one"
        container = command.flags.get("-c", "")
        if container and not _is_placeholder(container) and self._container(command) is None:
            yield f"{command.words[0]} has no container {container}"

    def _workload(self, kind: str, name: str) -> Workload | None:
        """The workload of a target such as deploy/web or mongodb-0; None if it is a placeholder."""
        owner = re.sub(r"-(\d+|N)$", "", name) if kind in {"", "pod"} else name
        return next((one for one in self.rendered.workloads if one.name == owner and one.kind in CREATES_PODS), None)

    def _container(self, command: Kubectl) -> Document | None:
        kind, _, name = command.words[0].rpartition("/")
        workload = self._workload(kind, name)
        every = workload.containers if workload else [c for one in self.rendered.workloads for c in one.containers]
        wanted = command.flags.get("-c") or (workload.pod["containers"][0]["name"] if workload else "")
        return next((one for one in every if one["name"] == wanted), None)

    def _inner(self, command: Kubectl) -> Iterator[str]:
        container = self._container(command)
        if container is None:
            yield f"no container {command.flags.get('-c', '')}"
            return
        image = container["image"].rpartition(":")[0].rpartition("/")[2]
        program, *arguments = command.inner
        if program not in IN_IMAGES.get(image, set()):
            yield f"the image {image} has no {program}"
        elif program == "halocline":
            yield from halocline_commands.faults(arguments, self.is_whole)
        elif program == "python":
            yield from wrong_python(arguments[1], container)
        mounted = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
        for path in (word for word in arguments if word.startswith("/")):
            if not any(path.startswith(mount) for mount in mounted):
                yield f"{path} is on no volume of the container"
        yield from self._missing_scripts(arguments)

    def _missing_scripts(self, arguments: list[str]) -> Iterator[str]:
        """Scripts that no ConfigMap of the manifests contains."""
        keys = {key for one in self.rendered.of("ConfigMap") for key in one.get("data", {})}
        for word in arguments:
            if word.endswith(".sh") and word.rpartition("/")[2] not in keys:
                yield f"{word} is in no ConfigMap"


def _partition(words: list[str], at: str) -> tuple[list[str], str, list[str]]:
    if at not in words:
        return words, "", []
    place = words.index(at)
    return words[:place], at, words[place + 1 :]


def _pipeline(command: str) -> list[list[str]]:
    """The words of each command of a pipeline. Raises ValueError for an open quote."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|;&")
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|;&"):
            parts.append([])
        else:
            parts[-1].append(word)
    # The file of a redirection is no word of the command.
    return [list(itertools.takewhile(lambda word: not set(word) <= {">"}, words)) for words in parts]


def _is_placeholder(name: str) -> bool:
    return any(letter.isupper() for letter in name)


@functools.cache
def flags_of(verb: str) -> set[str] | None:
    """The flags of a command of kubectl; None if it has no such command."""
    words = verb.split()
    text = _output(*words, "--help")
    # A kind may be in the plural, which is an alias.
    if not words or f"kubectl {verb.removesuffix('s')}" not in text:
        return None
    text += _output("options")
    return set(re.findall(r"^ +(-\w),", text, re.MULTILINE)) | set(re.findall(r"(--[a-z-]+)=", text))


def _output(*words: str) -> str:
    return subprocess.run([manifests.kubectl(), *words], capture_output=True, text=True, check=False).stdout


def wrong_python(code: str, container: Document) -> Iterator[str]:
    """Modules that cannot be imported, and variables that the container does not have."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"no module {one.name}" for one in node.names if importlib.util.find_spec(one.name) is None)
    variables: set[Any] = {one["name"] for one in container.get("env", [])}
    used = re.findall(r"environ\['(\w+)'\]", code)
    yield from (f"the container has no variable {name}" for name in used if name not in variables)
