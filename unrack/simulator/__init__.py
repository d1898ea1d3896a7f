"""A provider simulator that speaks the providers' HTTP APIs and keeps a ledger of every mutating call."""
