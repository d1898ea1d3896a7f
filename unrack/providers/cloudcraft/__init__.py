"""Cloudcraft's account, as far as its developer API shows it: the data to save before the end, and its owners."""
