"""A policy that passes every check, with everything in it."""

from collections.abc import Callable

import pytest

from tests.unit.policy.keys import ed25519, passkey
from unrack.documents.diagnostics import InputError
from unrack.policy.load import parse_policy

WHOLE = f"""\
version: 3
installation: example
people:
  - principal: ann@example.org
    names: [Ann Roy]
    languages: [fr, en]
    tell: [ann@example.org]
    oidc: {{issuer: "https://login.example.org", subject: 00u1}}
    keys:
      - key: {ed25519("ann")} ann@laptop
        valid-after: 2026-01-01T00:00:00Z
        valid-before: 2027-01-01T00:00:00Z
      - key: {passkey("ann", "unrack.example.org")}
  - principal: ben@example.org
    keys:
      - key: {ed25519("ben")}
  - principal: cat@example.org
    keys:
      - key: {ed25519("cat")}
        revoked: {{at: 2026-06-01T08:00:00Z, why: The laptop was stolen.}}
      - key: {ed25519("cat-2")}
  - principal: dan@example.org
    keys:
      - key: {ed25519("dan")}
groups:
  network: [ann@example.org, ben@example.org]
  finance: [cat@example.org]
  operations: [dan@example.org]
  emergency: [ben@example.org]
grants:
  - groups: [network, finance]
    actions: [approve, reject]
  - groups: [network]
    actions: [complete, retry]
    where: {{provider: ovhcloud, product: connect-direct, step: handover.*}}
  - groups: [operations]
    actions: [launch, hold, administer]
quorums:
  - of: {{network: 2, finance: 1}}
    where: {{provider: ovhcloud, timing: immediate}}
  - of: {{network: 1}}
duties: {{launcher: true, rejecter: true, skipper: false}}
break-glass:
  group: emergency
  actions: [approve]
assurance: {{note: signed, hold: stated}}
console-keys:
  - key: {ed25519("console")}
"""


@pytest.fixture
def whole() -> str:
    """The text of a policy that passes every check."""
    return WHOLE


@pytest.fixture
def faults() -> Callable[[str], list[str]]:
    """Everything that is wrong with the text of a policy, as a terminal shows it."""

    def faults(text: str) -> list[str]:
        try:
            parse_policy(text, "p.yaml")
        except InputError as error:
            return str(error).splitlines()
        return []

    return faults
