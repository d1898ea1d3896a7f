"""Read only: what happened, in words, and whether it replays."""
