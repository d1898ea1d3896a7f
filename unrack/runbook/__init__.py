"""Runbook sources: read, checked, compiled into a frozen plan."""
