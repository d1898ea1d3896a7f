"""The command line. Each command parses, calls operations or audit, and prints."""
