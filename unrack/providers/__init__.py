"""Adapters to the providers' APIs. They know nothing of Temporal, of workflows, or of where evidence is kept."""
