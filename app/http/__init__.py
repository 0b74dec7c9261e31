"""Layers around every request: metrics, headers, limits, injected faults, conditional responses, errors and health.

Part of the floor: imports nothing of views, queries, store or cache. `flask_hooks` orders what runs inside Flask.
"""
