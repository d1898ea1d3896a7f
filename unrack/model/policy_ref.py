"""Which policy something was judged by."""

from typing import Annotated

from pydantic import Field

from unrack.model.base import Frozen

PolicyDigest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)]
"""The digest of a policy."""


MOST_VERSION = 2**31
"""Anybody may name any version to the register, which carries many: a number of thousands of digits is none."""


class PolicyRef(Frozen):
    """A version of a policy, and what it says."""

    version: Annotated[int, Field(ge=1, le=MOST_VERSION)]
    digest: PolicyDigest
