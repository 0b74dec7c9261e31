"""The order of the WSGI layers."""

from flask import Flask

from app import wsgi_stack
from app.cache.pages import PageCache
from app.http.cors import Preflights
from app.http.headers import SecurityHeaders
from app.http.hosts import AllowedHosts
from app.http.refusals import Refusals
from app.live.route import LiveRoute
from app.telemetry.observe import Observe


def inner_layers(layer):
    """This layer and those within it, as far as they are layers of the portal."""
    own = vars(layer).get("_app")
    return [type(layer), *(inner_layers(own) if own is not None else [])]


def test_a_request_enters_the_layers_in_the_documented_order(portal):
    expected = [Observe, SecurityHeaders, Refusals, AllowedHosts, Preflights, PageCache, LiveRoute]

    # Static files and Flask follow.
    assert inner_layers(portal.wsgi_app)[: len(expected)] == expected


def test_the_first_layer_of_the_list_is_the_outermost(call):
    app, entered = Flask(__name__), []

    def layer(name):
        def wrap(inner):
            def enter(environ, start_response):
                entered.append(name)
                return inner(environ, start_response)

            return enter

        return wrap

    wsgi_stack.install(app, [layer("first"), layer("second")])
    call(app, "/")

    assert entered == ["first", "second"]
