"""The command decisions: every decision of a run, from the recorded events alone."""
