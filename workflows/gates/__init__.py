"""The gates of a run: approvals, holds, grace, the scheduled end, evidence, and the guard of irreversible calls."""
