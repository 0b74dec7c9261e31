"""Readers: parse a file and return `Observations`. The contents decide on the format, the name only for sailbuoys."""
