"""What every process of ours needs: settings, logs without secrets, files of a person, and a clean end."""
