"""Policies of YAML: read, checked, begun."""
