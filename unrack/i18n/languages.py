"""Which languages the program speaks: as many as there are catalogues here."""

from pathlib import Path

HERE = Path(__file__).parent
ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.stem for path in HERE.glob("*.po")))
"""The languages that the program speaks."""
