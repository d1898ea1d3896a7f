"""The state of a service before a run: kept as evidence, read back, compared with the state now."""

import json
from typing import Self

from pydantic import ValidationError

from unrack.model.base import Frozen, digest_of
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock, ServiceRef
from unrack.model.state import Difference
from unrack.providers.base import Compared, Record


class Snapshot(Frozen):
    """The fields that a run may change and reactivation must restore. Each adapter defines them."""

    def digest(self) -> str:
        """Equal when both say the same."""
        return digest_of(self.model_dump(mode="json"))

    def to_bytes(self) -> bytes:
        """As kept in evidence: JSON, for people too."""
        return _written(self.model_dump(mode="json"))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read it back from evidence.

        Raises:
            UnrackError: `content` is not one.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=cls.unreadable(error.error_count()),
                    suggestion=msg("look at the evidence of the step that captured it"),
                )
            ) from None

    @classmethod
    def unreadable(cls, faults: int) -> str:
        """Return the message for an unreadable snapshot. It is a whole sentence, since it is translated."""
        return msg("the captured configuration cannot be read ({faults} faults)", faults=faults)


def compared(
    ref: ServiceRef, before: Snapshot, now: Snapshot, differences: tuple[Difference, ...], clock: ProviderClock
) -> Compared:
    """The differences, with both sides kept as evidence."""
    content = {
        "before": before.model_dump(mode="json"),
        "after": now.model_dump(mode="json"),
        "differences": [difference.model_dump(mode="json") for difference in differences],
    }
    record = Record(
        type="comparison",
        name=f"comparison-{ref.service.replace(':', '-')}.json",
        media_type="application/json",
        content=_written(content),
    )
    return Compared(differences=differences, records=(record,), clock=clock)


def _written(content: object) -> bytes:
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode()
