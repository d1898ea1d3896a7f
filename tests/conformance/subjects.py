"""Every adapter as a subject of the promises in ``test_promises.py``.

A new adapter writes ``subject_<namespace>.py`` beside this file, with its `SUBJECT`; without it the tests fail.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.conformance.subject import Subject


def _found() -> Iterator[Subject]:
    for name in sorted(path.stem for path in Path(__file__).parent.glob("subject_*.py")):
        subject: Subject | None = getattr(import_module(f"tests.conformance.{name}"), "SUBJECT", None)
        if subject is not None:
            yield subject


SUBJECTS: dict[str, Subject] = {subject.namespace: subject for subject in _found()}
"""By namespace."""
