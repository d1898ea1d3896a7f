"""What Cloudcraft answers, as far as it is read (shapes: DataDog/cloudcraft-go, its types and test data)."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """Cloudcraft may add fields at any time; what is not read is ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class User(Answer):
    """``/user/me``: whom the key speaks for."""

    id: str
    name: str = ""
    email: str


class Member(Answer):
    """A member of a team."""

    email: str = ""
    name: str | None = None
    role: str = ""


class Team(Answer):
    """``/team`` lists these."""

    id: str
    name: str = ""
    members: tuple[Member, ...] = ()


class BlueprintSummary(Answer):
    """One diagram."""

    id: str
    name: str = ""
    updated_at: datetime | None = None
    creator: str = Field(default="", alias="CreatorId")


class Blueprints(Answer):
    """``/blueprint``."""

    blueprints: tuple[BlueprintSummary, ...]


class Cloud(Answer):
    """A linked AWS account or Azure subscription."""

    id: str
    name: str = ""
    source: str = ""
    role_arn: str | None = None
    external_id: str | None = None
    application_id: str | None = None
    directory_id: str | None = None
    subscription_id: str | None = None


class Clouds(Answer):
    """``/aws/account`` and ``/azure/account``."""

    accounts: tuple[Cloud, ...]
