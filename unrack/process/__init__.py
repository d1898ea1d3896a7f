"""The basics of every process of ours: settings, logs without secrets, files of a person, and a clean end."""
