"""Live events: `GET /live/events` is a stream of events that name changed tags, so that open pages refresh themselves.

The event loop of the worker sends the events. They carry no data: a page requests its new content as usual.
"""
