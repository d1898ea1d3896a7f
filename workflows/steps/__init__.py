"""How a step runs, by its kind; what happens when it cannot go on; how it is undone."""
