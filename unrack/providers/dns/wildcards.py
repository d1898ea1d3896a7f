"""Answers that a wildcard makes up for names that a zone does not have (RFC 4592)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import dns.rdataset
from dns.name import Name
from dns.rdatatype import RdataType

from unrack.model.message import msg
from unrack.providers.dns.delegation import shown
from unrack.providers.dns.names import below, is_wildcard, unheard_of

Records = Mapping[RdataType, dns.rdataset.Rdataset]
Answers = Mapping[Name, Records]
"""A server's answers, by name and kind."""


@dataclass(frozen=True, slots=True)
class Wildcards:
    """Finds out for which names only a wildcard answers: by asking for a name beside them that nobody has given."""

    zone: Name
    probes: Mapping[Name, Name]
    """By parent: the name below it that nobody has given."""

    @classmethod
    def of(cls, zone: Name, names: tuple[Name, ...]) -> Self:
        """For `names` of `zone`."""
        parents = [zone, *(name.parent() for name in names if name != zone)]
        return cls(zone, {parent: unheard_of(parent) for parent in dict.fromkeys(parents)})

    @property
    def asked(self) -> tuple[Name, ...]:
        """The names that must be asked for besides: those that nobody has given, and wildcards further down."""
        return (*self.probes.values(), *(below("*", parent) for parent in self.probes))

    def without_synthesised(self, answers: Answers) -> Answers:
        """Only what the zone has.

        A name stands for itself as soon as one of its records is another than the wildcard's: then all of them are its
        own, since a wildcard answers only for names that have none.
        """
        return {name: records for name, records in answers.items() if records and self._stands(name, answers)}

    def told(self, answers: Answers) -> Iterator[str]:
        """The wildcards, in words."""
        for parent in self.probes:
            if self._has_wildcard(parent, answers):
                kinds = ", ".join(kind.name for kind in answers[self.probes[parent]])
                text = msg("a wildcard stands at *.{shown} ({kinds})", shown=shown(parent), kinds=kinds)
                yield msg("{text}: names for which only it answers are not listed", text=text)

    def _stands(self, name: Name, answers: Answers) -> bool:
        if name in self.probes.values():
            return False
        if name == self.zone:
            return True
        if is_wildcard(name):
            return self._has_wildcard(name.parent(), answers)
        return answers[name] != answers[self.probes[name.parent()]]

    def _has_wildcard(self, parent: Name, answers: Answers) -> bool:
        """Whether one stands right there, and not further up."""
        made_up = answers[self.probes[parent]]
        return bool(made_up) and (parent == self.zone or made_up != answers[self.probes[self.zone]])
