"""The HTTP server: a worker class for gunicorn whose event loop reads requests, answers cache hits and sends responses.

Threads only render. This folder does not depend on the portal: `gunicorn.conf.py` connects the two.
"""
