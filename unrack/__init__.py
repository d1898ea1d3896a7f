"""Unrack: decommissioning runbooks as durable Temporal workflows."""
