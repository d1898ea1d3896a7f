"""What people read, in their language: texts of the program, texts of runbooks, dates and durations.

Everything is first said, recorded and sent in English; it is translated where a person reads it. So histories, logs and
JSON know one language only, and an old run is read in French without having been told about it (ADR 14).
"""

from unrack.i18n.catalogue import ENGLISH, LANGUAGES, translate
from unrack.i18n.current import also_say, also_saying, choose, say, speak, speaking, spoken

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "also_say",
    "also_saying",
    "choose",
    "say",
    "speak",
    "speaking",
    "spoken",
    "translate",
]
