"""`POST /positions`: positions of platforms, signed by their sender. The only positions that no file contains.

The headers follow the specification Standard Webhooks. A sender does not name itself: its signature does.
"""

from flask import Blueprint, Flask, Response, current_app, request
from pydantic import Field
from werkzeug.exceptions import ClientDisconnected

from app import portal
from app.api.v1 import position_body
from app.api.v1.openapi import documented, documented_webhook
from app.api.v1.parameters import MAX_LIMIT, Parameters
from app.api.v1.position_body import Refused
from app.api.v1.responses import json
from app.api.v1.schemas import positions as schemas
from app.api.v1.schemas.platforms import PlatformPosition
from app.config import Settings
from app.domain import position_senders, webhooks
from app.domain.webhooks import Unverified
from app.errors import Overloaded, RunFailed, Unavailable
from app.http import problems
from app.queries import clock, platforms, reported_positions
from app.queries.position_senders import Senders
from app.server.request_body import BodyFailed
from app.store import received_positions
from app.store.received_positions import Receipt
from app.telemetry import position_metrics

bp = Blueprint("positions", __name__)

# A hundred positions with long numbers have 20 kB; the specification advises less.
MAX_BODY_BYTES = 64 << 10
_SENDERS = position_senders.SETTING
_KEY = "halocline.position_senders"
# Of no registered scheme: RFC 9110 requires the header in a response 401.
_CHALLENGE = ("WWW-Authenticate", "Webhook-Signature")


class ReportedList(Parameters):
    """How many positions the list has."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Maximum number of positions.")


@bp.get("/platforms/<platform>/positions")
@documented(schemas.ReportedPositions, "platforms", ReportedList, of_platform=True)
def since_last_data(platform: str, query: ReportedList) -> Response:
    """Reported positions of a platform that are newer than the last position of its data, the newest first.

    They are kept for 60 days, at most 500 of a platform. No figure and no track includes them.
    """
    positions = reported_positions.since_last_data(platforms.find(platform), query.limit)
    items = [PlatformPosition.of(position) for position in positions]
    return json(schemas.ReportedPositions(items=items).model_dump())


@bp.post("/positions")
@documented_webhook(schemas.PositionReceipt, "platforms", schemas.Positions)
def receive() -> Response:
    """Report positions of platforms by a webhook that is signed as Standard Webhooks specifies.

    The body is a position or a list of them; all are stored, or none. The newest one of a platform is its last position
    on maps and pages until newer data are imported. Portals that accept no positions answer 404.
    """
    try:
        receipt = _received()
    except Refused as refusal:
        position_metrics.webhooks_refused.labels(refusal.reason).inc()
        headers = [_CHALLENGE] if refusal.status == 401 else []
        return problems.answer(refusal.status, refusal.detail, refusal.problems, headers)
    except (BodyFailed, ClientDisconnected):
        position_metrics.webhooks_refused.labels("malformed").inc()
        raise
    except (Unavailable, Overloaded):
        position_metrics.webhooks_refused.labels("unavailable").inc()
        raise
    if not receipt.is_repeated:
        for each in receipt.result:
            position_metrics.positions.labels(each["outcome"]).inc()
    body = schemas.PositionReceipt.model_validate({"positions": receipt.result})
    response = json(body.model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response


def install(app: Flask, settings: Settings) -> None:
    """Let the application verify webhooks. Opens no file."""
    app.extensions[_KEY] = Senders(settings.position_secrets_file, settings.platforms_file)


def _received() -> Receipt:
    senders: Senders = current_app.extensions[_KEY]
    if not portal.current().settings.uploads:
        raise Refused(404, "not_configured", "This portal accepts no uploads here.")
    if not senders.is_configured:
        raise Refused(404, "not_configured", f"This portal accepts no positions: {_SENDERS} is not set.")
    body, now = _body(), clock.now()
    try:
        message = webhooks.received(dict(request.headers.items()), body)
        webhooks.require_current(message, now)
    except Unverified as error:
        raise Refused(401, error.reason, str(error)) from error
    sender = position_senders.sender_of(message, senders.current())
    if sender is None:
        raise Refused(401, "signature", "The signature is wrong.")
    if (receipt := received_positions.repeated(sender.name, message.id)) is not None:
        return receipt
    positions = position_body.parsed(body, now)
    reported = position_body.reported(positions, sender, senders.owners())
    simulated = {platform.platform for platform in reported.platforms if platform.simulated}
    try:
        return received_positions.commit(sender.name, message.id, reported.positions, simulated, now)
    except RunFailed as error:
        raise Overloaded("Other changes are being stored; please send the webhook again.") from error


def _body() -> bytes:
    """The body of the request. Raises Refused without reading a body that is too large."""
    length = request.content_length
    if length is None:
        raise Refused(411, "malformed", "Content-Length is required.")
    if length > MAX_BODY_BYTES:
        raise Refused(413, "too_large", f"The body has {length} bytes; at most {MAX_BODY_BYTES} are accepted.")
    if request.mimetype != "application/json":
        raise Refused(415, "malformed", "Content-Type must be application/json.")
    return request.get_data(cache=False)
