"""What the application and the server agree on for a response without an end, to which events are added."""

from typing import Protocol

# The key in the WSGI environment for the `Source` of such a response. The server sends head and body as usual, and then
# keeps the connection open for the events of the source.
SOURCE = "halocline.event_source"


class Stream(Protocol):
    """The open response, as its source uses it. All methods run in the event loop."""

    def send(self, data: bytes) -> bool:
        """Send an event. True if the socket accepted all of it; else the source waits for `drained`."""

    def end(self, data: bytes) -> None:
        """Send a last event and end the response."""


class Source(Protocol):
    """Produces the events of one response. All methods run in the event loop and must not wait for anything."""

    def opened(self, stream: Stream) -> None:
        """Called once the response so far has been sent."""

    def drained(self) -> None:
        """Called when the client has accepted the rest of an event."""

    def ended(self) -> None:
        """Called when the connection has ended, for any reason. Not called for a response that was never opened."""
