"""The fields read from Cloudcraft's answers (shapes: DataDog/cloudcraft-go, its types and test data)."""

from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

Item = TypeVar("Item")


def _text(given: object) -> object:
    return "" if given is None else given


def _list(given: object) -> object:
    return () if given is None else given


def _moment(given: object) -> object:
    return None if not given or str(given).startswith("0001-") else given


Words = Annotated[str, BeforeValidator(_text)]
"""A text; empty for null, as for a diagram that nobody named."""

Listed = Annotated[tuple[Item, ...], BeforeValidator(_list)]
"""A list; a service written in Go may send null for an empty one."""

Time = Annotated[datetime | None, BeforeValidator(_moment)]
"""A moment; None for what stands for none: nothing, or the first moment of the year 1."""


class CloudcraftAnswer(BaseModel):
    """Cloudcraft may add fields at any time; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class User(CloudcraftAnswer):
    """``/user/me``: whom the key speaks for."""

    id: str
    name: Words = ""
    email: str


class Member(CloudcraftAnswer):
    """A member of a team."""

    email: Words = ""
    name: str | None = None
    role: Words = ""


class Team(CloudcraftAnswer):
    """A team."""

    id: str
    name: Words = ""
    members: Listed[Member] = ()


class Teams(RootModel[Listed[Team]]):
    """``/team``."""


class BlueprintSummary(CloudcraftAnswer):
    """One diagram."""

    id: str
    name: Words = ""
    updated_at: Time = None
    creator: Words = Field(default="", alias="CreatorId")


class Blueprints(CloudcraftAnswer):
    """``/blueprint``."""

    blueprints: Listed[BlueprintSummary]


class Cloud(CloudcraftAnswer):
    """A linked AWS account or Azure subscription."""

    id: str
    name: Words = ""
    source: Words = ""
    role_arn: str | None = None
    external_id: str | None = None
    application_id: str | None = None
    directory_id: str | None = None
    subscription_id: str | None = None


class Clouds(CloudcraftAnswer):
    """``/aws/account`` and ``/azure/account``."""

    accounts: Listed[Cloud]
