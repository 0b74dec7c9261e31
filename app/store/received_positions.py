"""The effect of a webhook with positions: the positions, the webhook itself and the changes, in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pymongo
from pymongo.client_session import ClientSession

from app import events
from app.domain.reported_positions import ReportedPosition
from app.store import change_log, reported_positions, transactions, webhooks

# Transactions of importers last for milliseconds. Senders wait for 15 to 30 s, and repeat the webhook.
_LONGEST_S = 10


@dataclass(frozen=True, slots=True)
class Receipt:
    """`result`: platform, time and outcome of each position. `is_repeated`: the webhook was received before."""

    result: list[dict[str, Any]]
    is_repeated: bool


def repeated(sender: str, webhook: str) -> Receipt | None:
    """The receipt of a webhook that was received before; None for a new one."""
    result = webhooks.result(sender, webhook)
    return None if result is None else Receipt(result, is_repeated=True)


def commit(
    sender: str,
    webhook: str,
    positions: Sequence[ReportedPosition],
    simulated: Collection[str],
    at: datetime,
) -> Receipt:
    """Store the positions of a webhook once. `simulated` are the simulated platforms among theirs.

    Raises pymongo's errors, and RunFailed if other clients hold the same documents for 10 s.
    """
    number: int | None = None

    def work(session: ClientSession) -> Receipt:
        nonlocal number
        number = None
        before = webhooks.result(sender, webhook, session)
        if before is not None:
            return Receipt(before, is_repeated=True)
        outcomes = reported_positions.put(positions, sender, at, session)
        result: list[dict[str, Any]] = [
            {"platform": each.platform, "time": each.at, "outcome": outcomes[each.id]} for each in positions
        ]
        webhooks.put(sender, webhook, result, at, session)
        moved = sorted({each.platform for each in positions if outcomes[each.id] == "newest"})
        real = [f"platform:{platform}" for platform in moved if platform not in simulated]
        made = [f"platform:{platform}" for platform in moved if platform in simulated]
        # Two changes: the tag of simulated changes would keep pages of real platforms from being invalidated.
        for tags in (made and [*made, "simulated"], real):
            if tags:
                number = change_log.append(tags, at, session)
        return Receipt(result, is_repeated=False)

    with pymongo.timeout(_LONGEST_S):
        receipt = transactions.run(work)
    if number is not None:
        events.announce(number)
    return receipt
