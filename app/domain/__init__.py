"""Frozen records and pure functions: no I/O, no Flask, no clock.

Lengths in m, angles in degrees (WGS 84), times aware UTC.
"""
