"""HOW: thin activities, one port call each. `build_activities` gives a worker everything it registers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from activities.capture import Capture
from activities.change import Change
from activities.commit import Commit
from activities.installation_holds import InstallationHolds
from activities.notify import Notify
from activities.ports import AccessPort, ArrivalsPort, EvidencePort, HoldsPort, PeoplePort, ProvidersPort, RunsPort
from activities.read import Read
from activities.reconcile import Reconcile
from activities.start import Start
from activities.verify import Verify

__all__ = ["AccessPort", "Dependencies", "EvidencePort", "HoldsPort", "ProvidersPort", "RunsPort", "build_activities"]


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The ports and settings that the activities work with."""

    providers: ProvidersPort
    evidence: EvidencePort
    holds: HoldsPort
    notify: tuple[str, ...] = ()
    """Addresses in the form of `apprise` (``mailto://…``, ``slack://…``); they hold secrets and are never logged."""
    mail: str | None = None
    """The mail server by which people are told, an address without recipients; None: they are not."""
    people: PeoplePort = lambda _: None
    """Who is meant by a name."""
    runs: RunsPort | None = None
    """None: this worker takes no part in reconciliation, and takes up no run that is gone."""
    language: str = "en"
    """Of notices to places that name none of their own."""
    access: AccessPort = field(kw_only=True)
    arrivals: ArrivalsPort = field(kw_only=True)


def build_activities(dependencies: Dependencies) -> list[Callable[..., Any]]:
    """Every activity that a worker registers."""
    providers, evidence = dependencies.providers, dependencies.evidence
    read, keep = Read(providers, evidence), Capture(providers, evidence)
    change, commit = Change(providers, evidence), Commit(providers, evidence)
    holds = InstallationHolds(dependencies.holds, dependencies.access)
    verify = Verify(dependencies.access, dependencies.arrivals)
    notify = Notify(dependencies.notify, dependencies.language, mail=dependencies.mail, people=dependencies.people)
    reconcile = Reconcile(providers, dependencies.runs) if dependencies.runs else None
    return [
        *((reconcile.compare_runs,) if reconcile else ()),
        *((Start(dependencies.runs).predecessor,) if dependencies.runs else ()),
        read.read_facts,
        read.check_access,
        read.check,
        read.check_several,
        read.probe,
        read.poll,
        read.compare,
        keep.capture,
        keep.capture_several,
        keep.locate,
        change.change,
        change.undo,
        commit.commit,
        holds.installation_holds,
        holds.judge_orders,
        holds.spread_hold,
        holds.spread_keys,
        verify.admit,
        verify.verify,
        notify.notify,
    ]
