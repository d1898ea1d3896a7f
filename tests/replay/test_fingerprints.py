"""The order of commands in each workflow module is reviewed as a diff."""

import json
from pathlib import Path

from tests.replay.scenarios import FINGERPRINTS
from unrack.audit.fingerprint import WHAT_TO_DO, fingerprints


def test_fingerprints_are_those_that_were_reviewed() -> None:
    """Commands that were added, removed, renamed or moved show here, on every path of the code."""
    reviewed = json.loads(FINGERPRINTS.read_text(encoding="utf-8"))

    assert fingerprints() == reviewed, WHAT_TO_DO


def test_a_fingerprint_tells_order_call_and_key(tmp_path: Path) -> None:
    """Two swapped calls, or another key, make another fingerprint; a comment or a title does not."""
    source = (
        "async def go(run):\n"
        "    await activity_options.activity(Ports.one, call, key='a', title='x')\n"
        "    await run.wait(lambda: True)\n"
    )
    (tmp_path / "one.py").write_text(source, encoding="utf-8")
    (tmp_path / "none.py").write_text("VALUE = len('x')\n", encoding="utf-8")
    before = fingerprints(tmp_path)
    (tmp_path / "one.py").write_text(source.replace("title='x'", "title='y'") + "# why\n", encoding="utf-8")
    same = fingerprints(tmp_path)
    (tmp_path / "one.py").write_text(source.replace("key='a'", "key='b'"), encoding="utf-8")

    assert before == same == {"one.py": ["go: activity_options.activity(Ports.one, key='a')", "go: run.wait()"]}
    assert fingerprints(tmp_path) != before
