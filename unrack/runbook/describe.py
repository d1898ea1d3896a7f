"""Describes a runbook for people who choose one: automatic steps, tasks, and the rights that the worker needs."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from unrack.contracts.action import Right
from unrack.model.base import Frozen, JsonScalar
from unrack.model.ids import step_id
from unrack.model.lifecycle import Phase, StepKind
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.plan import FieldType
from unrack.providers.catalogue import ACTIONS, VENDORS
from unrack.runbook.load import LoadedRunbook
from unrack.runbook.source import Condition, Form, Runbook, Step, TimingSource
from unrack.runbook.spans import span_text


class Doer(StrEnum):
    """Who does a step."""

    AUTOMATIC = "automatic"
    ONCE = "automatic, once"
    """An irreversible call: never retried blindly."""
    WAITS = "waits"
    HUMAN = "human"


class StepLine(Frozen):
    """One step."""

    id: str
    title: MessageText
    who: Doer
    action: str | None = None
    only_when: MessageText = ""
    """The condition on the request, in words; empty: always."""
    deadline: MessageText = ""
    """How long it may take, as 7d."""
    fields: tuple[MessageText, ...] = ()
    """The fields that a person fills in."""
    proof: tuple[MessageText, ...] = ()
    """Evidence that is wanted."""
    taken_back: MessageText = ""
    """How it is undone, and by whom; empty when it changes nothing."""
    point_of_no_return: bool = False
    rules: tuple[str, ...] = ()


class TimingLine(Frozen):
    """One timing."""

    name: str
    summary: MessageText
    loses: tuple[MessageText, ...]
    keeps: tuple[MessageText, ...]
    taken_back: tuple[MessageText, ...]


class ParameterLine(Frozen):
    """One thing that a request may set."""

    name: str
    type: str
    description: MessageText
    default: JsonScalar = None
    required: bool = False
    choices: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Other parameters that must be given with it."""


class Need(Frozen):
    """The credential and the rights that one adapter needs from the worker."""

    namespace: str
    credential: str
    rights: tuple[Right, ...] = ()


class Description(Frozen):
    """A runbook, described."""

    name: str
    version: int
    provider: str
    product: str
    title: MessageText
    summary: MessageText
    file: str
    facts: MessageText
    """``read`` from the provider, or ``stated`` in the request."""
    approvals: int
    default_timing: str
    timings: tuple[TimingLine, ...]
    parameters: tuple[ParameterLine, ...]
    steps: tuple[StepLine, ...]
    needs: tuple[Need, ...]
    iam_actions: tuple[str, ...] = ()
    """The actions that an IAM policy must allow, where the vendor's IAM has its own names for rights."""
    follow_ups: tuple[MessageText, ...] = ()

    @property
    def automatic(self) -> int:
        """How many steps need nobody."""
        return sum(step.who is not Doer.HUMAN for step in self.steps)

    @property
    def human(self) -> int:
        """How many steps need a person."""
        return len(self.steps) - self.automatic

    @property
    def access_rules(self) -> tuple[dict[str, str], ...]:
        """The access rules of a minimal credential, where the vendor's API takes such rules."""
        return tuple(rule for need in self.needs for rule in VENDORS[need.namespace].access_rules(need.rights))

    @property
    def iam_policy(self) -> dict[str, Any] | None:
        """A policy with these rights and no others, as the vendor's IAM takes it; None where it has none."""
        made = (VENDORS[need.namespace].iam_policy(self.name, self.version, need.rights) for need in self.needs)
        return next((policy for policy in made if policy is not None), None)


def describe(loaded: LoadedRunbook) -> Description:
    """Everything that a person needs to know of a runbook before choosing it."""
    model = loaded.model
    needs = tuple(_needs(model))
    names = {name for need in needs for right in need.rights for name in VENDORS[need.namespace].iam_actions(right)}
    return Description(
        name=model.name,
        version=model.version,
        provider=model.provider,
        product=model.product,
        title=model.title,
        summary=model.summary,
        file=str(loaded.path),
        facts=model.facts.value,
        approvals=model.approval.quorum,
        default_timing=model.default_timing.value,
        timings=tuple(_timing(name.value, source) for name, source in model.timings.items()),
        parameters=tuple(_parameters(model)),
        steps=tuple(_step(phase, step) for phase, _, step in model.in_order()),
        needs=needs,
        iam_actions=tuple(sorted(names)),
        follow_ups=tuple(f"{each.runbook}: {each.title}" for each in model.follow_ups),
    )


def catalogue(runbooks: Iterable[LoadedRunbook]) -> tuple[Description, ...]:
    """Every runbook described, by provider and name; of two with one name the first counts, as for requests."""
    found: Mapping[str, LoadedRunbook] = {loaded.model.name: loaded for loaded in reversed(list(runbooks))}
    return tuple(sorted(map(describe, found.values()), key=lambda each: (each.provider, each.name)))


def example_of(name: str, folders: Iterable[Path]) -> Path | None:
    """An example request for the runbook `name`: beside a folder of runbooks, under ``examples``; None without one."""
    places = (folder.parent / "examples" / f"{name}.yaml" for folder in folders)
    return next((path for path in places if path.is_file()), None)


def _needs(model: Runbook) -> Iterator[Need]:
    used = [ACTIONS[step.action] for _, _, step in model.in_order() if step.action]
    for namespace in sorted({spec.provider for spec in used}):
        own = [right for spec in used if spec.provider == namespace for right in spec.rights_for(model.product)]
        every = [*VENDORS[namespace].planning_rights(model.product), *own]
        rights = {(right.path, right.method): Right(method=right.method, path=right.path) for right in every}
        yield Need(
            namespace=namespace,
            credential=VENDORS[namespace].credential,
            rights=tuple(rights[key] for key in sorted(rights)),
        )


def _timing(name: str, source: TimingSource) -> TimingLine:
    return TimingLine(
        name=name, summary=source.summary, loses=source.loses, keeps=source.keeps, taken_back=source.taken_back
    )


def _parameters(model: Runbook) -> Iterator[ParameterLine]:
    for name, declared in model.parameters.items():
        yield ParameterLine(
            name=name,
            type=declared.type.value,
            description=declared.description,
            default=declared.default,
            required=declared.required,
            choices=declared.choices,
            needs=declared.needs,
        )


def _step(phase: Phase, step: Step) -> StepLine:
    spec = ACTIONS[step.action] if step.action else None
    wanted = [*(spec.evidence if spec else ()), *(step.task.evidence if step.task else ())]
    return StepLine(
        id=step_id(phase, step.name),
        title=step.title,
        who=_doer(step),
        action=step.action,
        only_when=_words(step.when),
        deadline=span_text(step.timeout) if step.timeout else "",
        fields=tuple(_fields(step.task)),
        proof=tuple(each.title for each in wanted if each.required),
        taken_back=_taken_back(step),
        point_of_no_return=step.point_of_no_return,
        rules=step.rules,
    )


def _doer(step: Step) -> Doer:
    if step.task is not None:
        return Doer.HUMAN
    kind = ACTIONS[step.action].kind if step.action else StepKind.WAIT
    if kind is StepKind.COMMIT:
        return Doer.ONCE
    return Doer.WAITS if kind in (StepKind.AWAIT, StepKind.WAIT) else Doer.AUTOMATIC


def _words(when: Condition | None) -> str:
    if when is None:
        return ""
    parts = [msg("the timing is {timing}", timing=when.timing.value)] if when.timing else []
    if when.parameter and when.equals is None:
        parts.append(msg("{parameter} is given", parameter=when.parameter))
    elif when.parameter:
        parts.append(msg("{parameter} is {equals}", parameter=when.parameter, equals=when.equals))
    return msg("{first} and {second}", first=parts[0], second=parts[1]) if len(parts) > 1 else "".join(parts[:1])


def _fields(form: Form | None) -> Iterator[str]:
    for field in form.fields if form else ():
        kind = "" if field.type is FieldType.TEXT else f" ({field.type.value})"
        yield f"{field.label}{kind}{'' if field.required else ', if there is one'}"


def _taken_back(step: Step) -> str:
    if step.undo is not None:
        by_hand, title = step.undo.task is not None, step.undo.title
        return msg("by a person: {title}", title=title) if by_hand else msg("automatic: {title}", title=title)
    return msg("not: {reason}", reason=step.no_undo) if step.no_undo else ""


def counted(description: Description) -> str:
    """``9 automatic, 4 human``."""
    automatic = msg("{number} automatic", number=description.automatic)
    human = msg("{number} human", number=description.human)
    if description.automatic and description.human:
        return msg("{automatic} and {human}", automatic=automatic, human=human)
    return automatic if description.automatic else human
