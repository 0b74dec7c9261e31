"""The queue and its schedule: thin tasks that call the layers below. This package file imports nothing.

`broker.py` reads the queue, and `uploads.py` stores what a client sends, without Celery. Only workers, beats and
commands that queue tasks import the rest.
"""
