r"""Text of people and providers as a screen, a mail or a log line may show it.

A terminal obeys control characters: they clear it, move what was said, or set its title. Marks that change the
direction of writing, and signs without a width, make a text read as another one than it is. Each such sign is written
out, as ``\x1b`` or ``\u202e``, so that a reader sees that it is there. Every text for a screen goes through here.
"""

import json
import re

from unrack.model.people import is_unseen

_SUSPECT = re.compile(r"[^\x20-\x7e\n]")
_PLAIN = bytes((0x0A, *range(0x20, 0x7F)))
"""The characters that are not suspect, as bytes."""
"""Characters to look at more closely. A text without any of them is visible as it stands."""

_CHOOSE_A_PICTURE = "\ufe0e\ufe0f"
"""Follow a sign and say whether it is a letter or a picture, as in ⚠️; they hide nothing."""


def visible(text: str) -> str:
    """`text` with every character written out that a reader would not see; line breaks and tabs stay."""
    return _SUSPECT.sub(_written_out, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Like `visible`, for what stands in one line: a line break in it cannot pretend to be another line of ours."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def visible_json(document: str) -> str:
    """`document`, JSON, with the same characters escaped as JSON does: the same document, harmless on a terminal."""
    odd = document.encode("utf-8", "surrogatepass").translate(None, _PLAIN).decode("utf-8", "surrogatepass")
    if not any(map(_is_hidden, set(odd))):  # as good as always, and the pattern takes four times as long to see it
        return document
    return _SUSPECT.sub(lambda found: json.dumps(found[0])[1:-1] if _is_hidden(found[0]) else found[0], document)


def _written_out(found: re.Match[str]) -> str:
    sign = found[0]
    return sign.encode("unicode_escape").decode("ascii") if _is_hidden(sign) else sign


def _is_hidden(sign: str) -> bool:
    return sign != "\t" and sign not in _CHOOSE_A_PICTURE and is_unseen(sign)
