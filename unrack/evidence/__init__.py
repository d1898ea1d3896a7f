"""Where evidence is kept: content-addressed, outside the history."""
