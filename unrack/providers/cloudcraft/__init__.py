"""Cloudcraft's account, as far as its developer API shows it: what to save before the end, and who owns it."""
