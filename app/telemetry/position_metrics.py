"""Metrics of reported positions, in the registry of `metrics`."""

from prometheus_client import Counter

from app.telemetry.metrics import registry

positions = Counter(
    "halocline_positions",
    "Reported positions by outcome: stored as the newest one of their platform (newest), stored beside a newer one "
    "(earlier), stored before (unchanged).",
    ["outcome"],
    registry=registry,
)
webhooks_refused = Counter(
    "halocline_position_webhooks_refused",
    "Webhooks with positions that were refused, by reason. None of their positions is stored.",
    ["reason"],
    registry=registry,
)

OUTCOMES = ("newest", "earlier", "unchanged")
REASONS = (
    *("headers", "skewed", "signature", "malformed", "too_large", "invalid"),
    *("unknown_platform", "wrong_provider", "not_configured", "unavailable"),
)
# Every series exists from the start at 0.
for _outcome in OUTCOMES:
    positions.labels(_outcome)
for _reason in REASONS:
    webhooks_refused.labels(_reason)
