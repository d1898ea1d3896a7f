"""The JSON Schema of policies, by which an editor completes and checks them.

``python -m unrack.policy.schema`` rewrites the committed file.
"""

from pathlib import Path
from typing import Any

from unrack.documents.schema import SCHEMAS, rewrite, schema_of, schema_text
from unrack.model.policy import Policy


def policy_schema() -> dict[str, Any]:
    """The JSON Schema of a policy file."""
    return schema_of(Policy, "Unrack policy")


def schema_files() -> dict[Path, str]:
    """The published schema file with the text it must have."""
    return {SCHEMAS / "policy.schema.json": schema_text(policy_schema())}


if __name__ == "__main__":
    rewrite(schema_files())
