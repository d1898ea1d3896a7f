"""How facts look on a terminal. Nothing here asks or decides anything."""
