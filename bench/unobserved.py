"""The portal without its outermost layer: no request metrics, no request log. For comparison only."""

from app.telemetry.observe import Observe
from app.wsgi import application

_outermost = application.wsgi_app
if not isinstance(_outermost, Observe):
    raise TypeError("the outermost layer of the portal is not Observe")
application.wsgi_app = vars(_outermost)["_app"]  # type: ignore[method-assign]
