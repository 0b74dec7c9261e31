"""Observations to a draft of a mission: identity, quality control, grouping into profiles, figures. No I/O."""
