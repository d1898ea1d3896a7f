"""Temporal: client, converter, sandbox, visibility, schedules, and what a worker sees to beside its work."""
