"""Temporal plumbing: settings, client, converter, logs, the embedded server and its supervisor."""
