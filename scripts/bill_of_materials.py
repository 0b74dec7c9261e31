"""Complete a CycloneDX document of Python packages into one of an image. See scripts/bill-of-materials.

Usage: bill_of_materials.py IMAGE FOLDER <PYTHON.json >IMAGE.json. FOLDER has files of the image: /etc/os-release,
/var/lib/dpkg/status, and /usr/share/halocline/python-version.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

LOCK = Path(__file__).parents[1] / "package-lock.json"
Component = dict[str, Any]


def debian_packages(folder: Path) -> Iterator[Component]:
    """The packages in dpkg's list, which the Dockerfile reduces to those that are in the image."""
    release = dict(
        line.split("=", 1) for line in (folder / "etc/os-release").read_text("utf-8").splitlines() if "=" in line
    )
    distribution = release["ID"].strip('"')
    version = release["VERSION_ID"].strip('"')
    for paragraph in (folder / "var/lib/dpkg/status").read_text("utf-8").split("\n\n"):
        fields = dict(re.findall(r"(?m)^([\w-]+): (.*)$", paragraph))
        if "ok installed" in fields.get("Status", ""):
            qualifiers = f"arch={fields['Architecture']}&distro={distribution}-{version}"
            yield _component("deb", f"{distribution}/{fields['Package']}", fields["Version"], qualifiers)


def front_end_libraries(lock: Path) -> Iterator[Component]:
    """The packages that the build copies or bundles into app/static; those for development are not in the image."""
    for path, package in json.loads(lock.read_text("utf-8"))["packages"].items():
        if path and not package.get("dev"):
            component = _component("npm", path.rpartition("node_modules/")[2], package["version"])
            if "license" in package:
                component["licenses"] = [{"expression": package["license"]}]
            algorithm, _, digest = package.get("integrity", "").partition("-")
            if algorithm == "sha512":
                component["hashes"] = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
            yield component


def interpreter(folder: Path) -> Component:
    """Python itself: in the official image it belongs to no Debian package."""
    version = (folder / "usr/share/halocline/python-version").read_text("utf-8").split()[-1]
    return _component("generic", "python", version)


def _component(kind: str, name: str, version: str, qualifiers: str = "") -> Component:
    url = f"pkg:{kind}/{quote(name)}@{quote(version)}" + (f"?{qualifiers}" if qualifiers else "")
    group, _, short_name = name.rpartition("/")
    component = {"type": "library", "bom-ref": url, "name": short_name, "version": version, "purl": url}
    return component | ({"group": group} if group else {})


def complete(document: Component, image: str, folder: Path, lock: Path = LOCK) -> Component:
    """Return the document with the image as its subject and all components of the image."""
    name, _, version = image.rpartition("/")[2].rpartition(":")
    added = [interpreter(folder), *debian_packages(folder), *front_end_libraries(lock)]
    document["components"] = sorted(
        [*document.get("components", []), *added], key=lambda component: str(component["bom-ref"])
    )
    document["metadata"]["component"] = {"type": "container", "bom-ref": name, "name": name, "version": version}
    references = [component["bom-ref"] for component in document["components"]]
    document.setdefault("dependencies", []).append({"ref": name, "dependsOn": references})
    return document


if __name__ == "__main__":
    _, image_name, image_folder = sys.argv
    result = complete(json.load(sys.stdin), image_name, Path(image_folder))
    sys.stdout.write(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
