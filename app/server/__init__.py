"""The HTTP server: a worker class for gunicorn whose event loop reads requests, answers cache hits and sends responses.

Threads only render. This folder knows nothing about the portal: `gunicorn.conf.py` connects the two.
"""
