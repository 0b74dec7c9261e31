"""Readers: bytes in, `Observations` out. A file is recognised by what it holds, never by its name."""
