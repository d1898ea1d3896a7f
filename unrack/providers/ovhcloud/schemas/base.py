"""The base of every OVHcloud answer. Unknown fields are ignored, so that a new one breaks nothing."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _zoned(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_zoned)]
"""A moment; one without a zone is taken as UTC."""


class OvhAnswer(BaseModel):
    """The base of everything OVHcloud answers with."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Iam(OvhAnswer):
    """``iam.ResourceMetadata``; its state: OVHcloud's API, 2026-08."""

    state: str | None = None


def midnight(day: date) -> datetime:
    """The beginning of `day` in UTC: the earliest moment that a date without a time can mean for us."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
