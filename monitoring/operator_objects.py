"""Objects of the Prometheus Operator, generated from the rules and from the configuration of Alertmanager."""

import re
from typing import Any

from monitoring.receivers import FOLDER

Document = dict[str, Any]
CREDENTIALS = "alertmanager-receivers"
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"(.*)"')
_LABELS = {"app.kubernetes.io/name": "halocline", "app.kubernetes.io/component": "monitoring"}
# Names in which the object differs from Alertmanager's own configuration beyond camel case.
_NAMES = {
    "api_url_file": "apiURL",
    "routing_key_file": "routingKey",
    "url_file": "urlSecret",
    "auth_password_file": "authPassword",
    "require_tls": "requireTLS",
    "links": "pagerDutyLinkConfigs",
    "matchers": "matchers",
    "source_matchers": "sourceMatch",
    "target_matchers": "targetMatch",
    "pagerduty_configs": "pagerdutyConfigs",
}
# Settings of e-mail that Alertmanager also accepts in `global`, and the object only in the receiver.
_EMAIL = {
    "smtp_smarthost": "smarthost",
    "smtp_from": "from",
    "smtp_auth_username": "auth_username",
    "smtp_auth_password_file": "auth_password_file",
    "smtp_require_tls": "require_tls",
}


def prometheus_rule(groups: list[Document]) -> Document:
    """Return one PrometheusRule with all groups."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "halocline", "labels": _LABELS},
        "spec": {"groups": groups},
    }


def alertmanager_config(config: Document) -> Document:
    """Return an AlertmanagerConfig with the routes, inhibitions and receivers of a configuration.

    Secrets that the configuration reads from files are keys of the Secret `alertmanager-receivers`.
    """
    defaults = {_EMAIL[key]: value for key, value in config["global"].items() if key in _EMAIL}
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"name": "halocline", "labels": _LABELS},
        "spec": {
            "route": _renamed(config["route"]),
            "inhibitRules": _renamed(config["inhibit_rules"]),
            "receivers": [_receiver(receiver, defaults) for receiver in config["receivers"]],
        },
    }


def _receiver(receiver: Document, email: Document) -> Document:
    complete = dict(receiver)
    if "email_configs" in complete:
        complete["email_configs"] = [email | one for one in complete["email_configs"]]
    renamed: Document = _renamed(complete)
    for pager in renamed.get("pagerdutyConfigs", []):
        pager["pagerDutyLinkConfigs"] = [
            {"href": link["href"], "alt": link["text"]} for link in pager.get("pagerDutyLinkConfigs", [])
        ]
        pager["details"] = _pairs(pager.get("details", {}))
    for mail in renamed.get("emailConfigs", []):
        mail["headers"] = _pairs(mail.get("headers", {}))
    return renamed


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    renamed: Document = {}
    for key, one in value.items():
        if key in {"matchers", "source_matchers", "target_matchers"}:
            renamed[_camel(key)] = [_matcher(text) for text in one]
        elif key in {"details", "headers"}:
            renamed[key] = one
        elif key.endswith("_file"):
            renamed[_camel(key)] = {"name": CREDENTIALS, "key": str(one).removeprefix(f"{FOLDER}/")}
        else:
            renamed[_camel(key)] = _renamed(one)
    return renamed


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return _NAMES.get(name) or first + "".join(word.capitalize() for word in rest)


def _matcher(text: str) -> Document:
    match = _MATCHER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text}: a matcher with a quoted value is required")
    # Equality is the default. As a value, "=" alone is no text in YAML 1.1, and Kustomize does not quote it.
    kind = {} if match[2] == "=" else {"matchType": match[2]}
    return {"name": match[1], "value": match[3], **kind}


def _pairs(mapping: Document) -> list[Document]:
    return [{"key": key, "value": value} for key, value in mapping.items()]
