"""The commands, queries and names in the runbooks."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.unit.monitoring.sources import MONITORING

PAGES = sorted((MONITORING / "runbooks").glob("*.md"))
PROGRAMS = ("amtool", "curl", "dig", "halocline", "jq", "kubectl", "mongosh", "redis-cli")
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
# Prefixes of metrics and recording rules; other words with underscores are fields, log events and settings.
_METRIC = re.compile(
    r"(ALERTS|up|scrape_\w+|probe_\w+|(halocline|http|kube|kubelet|container|mongodb|certmanager)_\w+"
    r"|(alertmanager|prometheus)_\w+"
    r"|(halocline|slo):[\w:]+)(\{[^{}]*\})?"
)
_CALL = re.compile(r"(sum|count|max|min|topk|rate|increase|histogram_quantile)\b.*\(.*\{.*\}.*\)")
_NAME = re.compile(r"[a-z]+(_[a-z]+)+")


@dataclass(frozen=True, slots=True)
class Page:
    """A runbook."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def spans(self) -> list[str]:
        """The code in the text, without the blocks of code."""
        return _INLINE.findall(_FENCED.sub("", self.text))

    @property
    def commands(self) -> list[str]:
        """The commands for a shell."""
        return [span for span in self.spans if span.split()[0] in PROGRAMS]

    @property
    def queries(self) -> list[str]:
        """The queries for Prometheus, in blocks and in the text."""
        blocks = [body.strip() for kind, body in _FENCED.findall(self.text) if kind == "promql"]
        return [*blocks, *(span for span in self.spans if _METRIC.fullmatch(span) or _CALL.fullmatch(span))]

    @property
    def names(self) -> list[str]:
        """Fields, codes and log events: words with an underscore that are no metric."""
        return [span for span in self.spans if _NAME.fullmatch(span) and not _METRIC.fullmatch(span)]

    @property
    def fragments(self) -> list[str]:
        """Code that looks like a command, but cannot be run as it is written."""
        starts = r"(get|describe|logs|exec|rollout|scale|delete|verify|ingest) \S|(rs|db)\.\w"
        return [span for span in self.spans if re.match(starts, span)]

    @property
    def kinds_of_blocks(self) -> set[str]:
        """The languages of the blocks of code."""
        return {kind for kind, _ in _FENCED.findall(self.text)}


def parametrised(kind: str) -> list[tuple[Page, str]]:
    """Each command or query with its page, without repetitions on a page."""
    pages = [Page(path) for path in PAGES]
    return [(page, one) for page in pages for one in dict.fromkeys(getattr(page, kind))]
