"""The queue and its schedule: thin tasks that call the layers below. This package file imports nothing.

`broker.py` reads the queue without Celery; only workers, beats and commands that queue tasks import the rest.
"""
