"""The people of a demo, with keys that are made for it, and the policy that says who of them may decide what."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unrack.model.ssh_key import PublicKey
from unrack.policy.load import load_policy
from unrack.private_folder import closed
from unrack.signing.key_files import make_key_file

OPERATOR, ON_CALL = "olivia", "omar"
APPROVERS = ("alice", "bob", "carol")

_POLICY = """\
# Who may decide what in this demo, which made these people's keys itself. Throw it away with them.
# docs/policy.md explains every field; in earnest, `unrack policy new` begins one with your own people.
version: 1
installation: demo
people:
{people}groups:
  operations: [{operator}]
  approvers: [{approvers}]
  on-call: [{on_call}]
grants:
  - groups: [operations]
    actions: [launch, resume, reactivate, abort, extend, shorten, retry, hold-all, release-all, administer]
  - groups: [approvers]
    actions: [approve, withdraw, skip]
  - groups: [on-call]
    actions: [complete, reject, amend, claim, assign, delegate, retry]
  - groups: [operations, approvers, on-call]
    actions: [hold, release, note]
quorums:
  - of: {{approvers: 2}}
"""
_PERSON = """\
  - principal: {name}
    keys:
      - key: {key}
"""


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a demo."""

    keys: Mapping[str, Path]
    """The private key of each, by name."""
    policy: Path

    def signing(self, who: str) -> tuple[str, ...]:
        """The words of a command by which `who` signs it."""
        return ("--key", str(self.keys[who]))


def make_cast(home: Path) -> Cast:
    """Make keys and policy in the demo's own folder, which nobody else may look into.

    Raises:
        UnrackError: the folder cannot be made.
        OSError: it takes no file.
    """
    folder = closed(closed(home) / "keys")
    keys = {who: folder / who for who in (OPERATOR, *APPROVERS, ON_CALL)}
    policy = home / "policy.yaml"
    policy.write_text(_text({who: make_key_file(path, f"{who}, demo") for who, path in keys.items()}), encoding="utf-8")
    load_policy(policy)
    return Cast(keys, policy)


def _text(keys: Mapping[str, PublicKey]) -> str:
    people = "".join(_PERSON.format(name=who, key=key.text) for who, key in keys.items())
    return _POLICY.format(people=people, operator=OPERATOR, approvers=", ".join(APPROVERS), on_call=ON_CALL)
