"""How decisions are judged: one module for each subject of a decision, `judge` as the only way in."""
