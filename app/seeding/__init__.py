"""Stores of any size for measurements: a plan of simulated missions, and the command that writes it."""
