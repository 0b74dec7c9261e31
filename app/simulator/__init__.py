"""Simulated gliders and sailbuoys at sea: what they measure, and the process that feeds it to a portal."""
