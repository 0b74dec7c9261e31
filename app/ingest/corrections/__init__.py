"""Corrections by an operator: withdraw, roll back, rename. Each is idempotent, and an entry of the audit log.

A correction plans first, which writes nothing, and is killed at any point without harm: run it again.
"""
