"""Rendered answers, kept in the worker's memory and shared through Redis, dropped by what the change log says.

Fails open: without Redis or a change log, requests are answered as if nothing were kept. Knows no store, no view.
"""
