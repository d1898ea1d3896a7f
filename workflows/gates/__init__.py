"""What keeps a run from going on: approvals, holds, grace, evidence, and the guard of every irreversible call."""
