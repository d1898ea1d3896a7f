"""Every mistake in a runbook is shown with its exact place and what was probably meant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unrack.documents.diagnostics import did_you_mean, listed
from unrack.runbook import Diagnostic, InputError, check_runbooks, find_runbook, load_request, load_runbook

Write = Callable[[str], Path]

# Each case replaces a piece of the small runbook; § in the new piece marks where the mistake must be shown.
CASES: dict[str, tuple[str, str, str, str]] = {
    "unknown action": (
        "action: ovhcloud.connect.remove-pops",
        "action: §ovhcloud.connect.remove-pop",
        "unknown action 'ovhcloud.connect.remove-pop'",
        "Did you mean 'ovhcloud.connect.remove-pops'?",
    ),
    "action of another product": (
        "action: ovhcloud.connect.remove-pops",
        "action: §ovhcloud.telephony.terminate",
        "'ovhcloud.telephony.terminate' is not for 'connect-direct' but for telephony-group, telephony-line",
        "",
    ),
    "unknown phase": ("  verify:", "  §verfy:", "'verfy' is not known here", "Did you mean 'verify'?"),
    "unknown field of the runbook": ("version: 1", "§verson: 1", "unknown field 'verson'", "Did you mean 'version'?"),
    "unknown field of a step": (
        "      poll-every: 6h",
        "      §look-evry: 6h",
        "unknown field 'look-evry'",
        "Did you mean 'poll-every'?",
    ),
    "old name of a timeout": (
        "      timeout: 30d\n",
        "      §patience: 30d\n",
        "`patience` is called `timeout` now",
        "Write `timeout` in its place",
    ),
    "old name of the approval's timeout": (
        "  quorum: 2\n  timeout: 14d",
        "  quorum: 2\n  §patience: 14d",
        "`patience` is called `timeout` now",
        "Write `timeout` in its place",
    ),
    "old name of a pace": (
        "      poll-every: 6h",
        "      §look-every: 6h",
        "`look-every` is called `poll-every` now",
        "Write `poll-every` in its place",
    ),
    "old name beside the new one": (
        "      timeout: 30d\n",
        "      timeout: 30d\n      §patience: 30d\n",
        "`patience` is called `timeout` now",
        "Write `timeout` in its place",
    ),
    "old name where neither may stand": (
        "title: Small",
        "§patience: 3d\ntitle: Small",
        "unknown field 'patience'",
        "",
    ),
    "unknown field of a form": (
        "            not-before: removed-on",
        "            §not-befor: removed-on",
        "unknown field 'not-befor'",
        "Did you mean 'not-before'?",
    ),
    "unknown timing": ("  immediate:\n", "  §imediate:\n", "'imediate' is not known here", "Did you mean 'immediate'?"),
    "missing field": ("      title: Look\n", "", "'title' is missing", "Add it"),
    "missing top field": ("title: Small\n", "", "'title' is missing", "Add it"),
    "text where a number belongs": ("quorum: 2", "quorum: §two", "'quorum' must be a whole number, not text", ""),
    "number where text belongs": ("title: Gone", "title: §7", "'title' must be text, not a number", "Put it in quotes"),
    "text where a list belongs": (
        "rules: [S2.1]",
        "rules: §S2.1",
        "'rules' must be a list (lines that begin with '-'), not text",
        "",
    ),
    "list where fields belong": (
        "when: {parameter: pause}",
        "when: §[pause]",
        "'when' must be fields, as 'name: value', not a list",
        "",
    ),
    "list where one value belongs": (
        "commentary: {parameter: mode}",
        "commentary: §[mode]",
        "'commentary' must be a single value, not a list",
        "",
    ),
    "malformed rule": (
        "rules: [S2.1]",
        "rules: [§S2]",
        "'S2' does not look like a value of this",
        r"It must match ^S\d+\.\d+$",
    ),
    "not a duration": (
        "timeout: 30d",
        "timeout: §2 weeks",
        "'2 weeks' is not a duration: write weeks, days, hours, minutes, seconds as 1w 2d 12h 30m 10s",
        "",
    ),
    "number as duration": (
        "timeout: 30d",
        "timeout: §30",
        "'30' is not a duration: write weeks, days, hours, minutes, seconds as 1w 2d 12h 30m 10s",
        "",
    ),
    "duration of nothing": ("timeout: 30d", "timeout: §0d", "'0d' must be longer than nothing", ""),
    "endless duration": ("timeout: 30d", "timeout: §999w", "'999w' is longer than ten years", ""),
    "two things at once": (
        "      wait-for: {parameter: pause}",
        "      wait-for: 1h\n      action: ovhcloud.service.check-debt",
        "a step has exactly one of 'action', 'task' and 'wait-for'",
        "",
    ),
    "condition on nothing": (
        "when: {parameter: pause}",
        "when: §{}",
        "a condition names a timing, a parameter, or both",
        "",
    ),
    "equals without parameter": (
        "when: {parameter: pause}",
        "when: §{equals: 3, timing: immediate}",
        "'equals' needs a 'parameter' to compare with",
        "",
    ),
    "no expression": (
        "when: {parameter: pause}",
        "when: {§if: pause > 3}",
        "unknown field 'if'",
        "Known here: equals, parameter, timing",
    ),
    "choices without a choice": (
        "    type: choice\n    description: Which way.\n    default: fast\n    choices: [fast, slow]",
        "    type: text\n    description: Which way.\n    default: fast\n    choices: [fast, slow]",
        "'choices' belong to the type 'choice', and only to it",
        "",
    ),
    "needs a parameter that is not there": (
        "description: Which way.",
        "description: Which way.\n    needs: [§paus]",
        "no other parameter is called 'paus'",
        "Did you mean 'pause'?",
    ),
    "needs itself": (
        "description: Which way.",
        "description: Which way.\n    needs: [§mode]",
        "no other parameter is called 'mode'",
        "Known here: pause",
    ),
    "default that does not fit": ("default: fast", "default: §fats", "'fats' is not one of fast, slow", ""),
    "default of a required parameter": (
        "default: fast",
        "required: true\n    default: §fast",
        "a required parameter has no default",
        "Remove one of them",
    ),
    "name twice": (
        "    - name: configuration",
        "    - name: §loa",
        "'loa' is also the name of the step in line 46",
        "",
    ),
    "parameters of no action": (
        "      no-undo: It is",
        "      §parameters: {a: b}\n      no-undo: It is",
        "only an action takes parameters",
        "",
    ),
    "unknown parameter of an action": (
        "        commentary: {",
        "        §comentary: {",
        "'ovhcloud.connect.confirm-termination' has no parameter 'comentary'",
        "Did you mean 'commentary'?",
    ),
    "parameter of an action that takes none": (
        "      poll-every: 6h",
        "      parameters: {§a: b}\n      poll-every: 6h",
        "'ovhcloud.connect.verify-gone' has no parameter 'a'",
        "It takes none",
    ),
    "change in preflight": (
        "action: ovhcloud.service.check-status",
        "no-undo: Never.\n      action: §ovhcloud.service.schedule-termination",
        "'ovhcloud.service.schedule-termination' changes the provider; preflight only looks",
        "",
    ),
    "commit in verify": (
        "action: ovhcloud.connect.verify-gone\n      timeout: 14d\n      poll-every: 6h",
        "action: §ovhcloud.service.skip-retention\n      timeout: 14d",
        "'ovhcloud.service.skip-retention' changes the provider; verify only looks",
        "",
    ),
    "commit before purge": (
        "      action: ovhcloud.connect.remove-pops\n      timeout: 2h\n      undo:\n        title: Put back",
        "      action: §ovhcloud.connect.ask-termination\n      timeout: 2h",
        "'ovhcloud.connect.ask-termination' cannot be taken back; that belongs into purge, not detach",
        "",
    ),
    "point of no return before purge": (
        "      no-undo: It is",
        "      point-of-no-return: §true\n      no-undo: It is",
        "the point of no return lies in purge, not in handover",
        "",
    ),
    "no timeout": (
        "      timeout: 30d\n",
        "",
        "'timeout' is missing",
        "Say how long the step may take, as 30m or 7d",
    ),
    "timeout of a wait": (
        "      wait-for: {parameter: pause}",
        "      §timeout: 1h\n      wait-for: {parameter: pause}",
        "a wait has a set length and needs no timeout",
        "Remove it",
    ),
    "no pace": ("      poll-every: 6h\n", "", "'poll-every' is missing", "Say how often the provider is looked at"),
    "pace without need": (
        "      no-undo: It is",
        "      §poll-every: 1h\n      no-undo: It is",
        "'poll-every' is for actions that wait for the provider",
        "Remove it",
    ),
    "pace slower than timeout": (
        "poll-every: 6h",
        "poll-every: §20d",
        "'poll-every' is longer than 'timeout': it would look only once",
        "",
    ),
    "undo and reason for none": (
        "      undo:\n        title: Put back",
        "      §no-undo: Never.\n      undo:\n        title: Put back",
        "a step has an undo or a reason for none, not both",
        "",
    ),
    "undo of a look": (
        "      rules: [S2.1]",
        "      §undo: {title: Unlook}",
        "this step changes nothing, so it has no undo",
        "Remove it",
    ),
    "undo of the irreversible": (
        "      parameters:\n        commentary",
        "      §undo: {title: Revive}\n      parameters:\n        commentary",
        "this step cannot be taken back, so it has no undo",
        "Remove it",
    ),
    "change without undo": (
        "      undo:\n        title: Put back\n",
        "",
        "this step changes something and does not say how it is taken back",
        "Add 'undo', or 'no-undo' with the reason",
    ),
    "task without undo": (
        "      no-undo: It is only looked at.\n",
        "",
        "this step changes something and does not say how it is taken back",
        "Add 'undo', or 'no-undo' with the reason",
    ),
    "undo that nobody does": (
        "      no-undo: It is only looked at.",
        "      §undo: {title: Put it back}",
        "nothing can undo this step by itself",
        "Add 'task' to the undo, or 'no-undo' with the reason",
    ),
    "condition on an undeclared timing": (
        "when: {parameter: pause}",
        "when: {timing: §let-expire, parameter: pause}",
        "the runbook has no timing 'let-expire'",
        "Known here: end-of-term, immediate",
    ),
    "condition on an undeclared parameter": (
        "when: {parameter: pause}\n      wait-for: {parameter: pause}",
        "when: {parameter: §pauze}\n      wait-for: 1h",
        "unknown parameter 'pauze'",
        "Did you mean 'pause'?",
    ),
    "condition on an impossible value": (
        "when: {parameter: pause}\n      wait-for: {parameter: pause}",
        "when: {parameter: mode, equals: §swift}\n      wait-for: 1h",
        "'swift' is not one of fast, slow",
        "",
    ),
    "value from an undeclared parameter": (
        "commentary: {parameter: mode}",
        "commentary: {parameter: §mod}",
        "unknown parameter 'mod'",
        "Did you mean 'mode'?",
    ),
    "length from an undeclared parameter": (
        "wait-for: {parameter: pause}",
        "wait-for: {parameter: §pauses}",
        "unknown parameter 'pauses'",
        "Did you mean 'pause'?",
    ),
    "length that is no duration": (
        "wait-for: {parameter: pause}",
        "wait-for: {parameter: §mode}",
        "'mode' is not a duration but choice",
        "",
    ),
    "length that may be missing": (
        "      when: {parameter: pause}\n      wait-for: {parameter: pause}",
        "      wait-for: {parameter: §pause}",
        "a request need not give 'pause', and then this wait has no length",
        "Add 'when: {parameter: pause}', or a default",
    ),
    "field twice": (
        "- name: charged-until",
        "- name: §removed-on",
        "'removed-on' is asked for twice in this form",
        "",
    ),
    "date after no date": (
        "not-before: removed-on",
        "not-before: §removed-at",
        "no other date field 'removed-at' here",
        "Did you mean 'removed-on'?",
    ),
    "text after a date": (
        "            type: date\n            not-before: removed-on",
        "            §not-before: removed-on",
        "only a date can be not before another",
        "",
    ),
    "day of a task that comes later": (
        "not-before: removed-on",
        "not-before: §verify.gone.looked-on",
        "no earlier task states the date 'verify.gone.looked-on'",
        "",
    ),
    "day that a run does not know": (
        "not-before: removed-on",
        "not-before: §efective-date",
        "no other date field 'efective-date' here",
        "Did you mean 'effective-date'?",
    ),
    "day that there is not": (
        "not-before: removed-on",
        "not-before: §2026-02-30",
        "there is no day '2026-02-30'",
        "",
    ),
    "what happened, at any time": (
        "            type: date\n          - name: charged-until",
        "            type: date\n            §happened: true\n          - name: charged-until",
        "'removed-on' says when something happened, and any day in the past would do",
        "Add 'not-before' or 'back-to'",
    ),
    "text that happened": (
        "            type: date\n            not-before: removed-on",
        "            §happened: true",
        "only a date says when something happened",
        "",
    ),
    "hours between days": (
        "            not-before: removed-on",
        "            within: {of: removed-on, span: §36h}",
        "a date is counted in whole days",
        "Write it as 30d",
    ),
    "time after no date": (
        "            not-before: removed-on",
        "            within: {of: §removed-no, span: 30d}",
        "no other date field 'removed-no' here",
        "Did you mean 'removed-on'?",
    ),
    "time after itself": (
        "            not-before: removed-on",
        "            within: {of: §charged-until, span: 30d}",
        "no other date field 'charged-until' here",
        "",
    ),
    "proof on the condition of no field": (
        "            title: Photo",
        "            title: Photo\n            required-when: {field: §charged, before: launch}",
        "no other field 'charged' here",
        "Did you mean 'charged-until'?",
    ),
    "proof on the condition of no choice": (
        "            title: Photo",
        "            title: Photo\n            required-when: {field: removed-on, one-of: [§gone]}",
        "'gone' is no choice of 'removed-on'",
        "",
    ),
    "field on its own condition": (
        "            not-before: removed-on",
        "            required-when: {field: §charged-until}",
        "no other field 'charged-until' here",
        "",
    ),
    "reliance on no step": (
        "      no-undo: It is only looked at.",
        "      no-undo: It is only looked at.\n      relies-on: [§confirm.dat]",
        "there is no step 'confirm.dat'",
        "Did you mean 'confirm.date'?",
    ),
    "reliance on a later step": (
        "      no-undo: It is only looked at.",
        "      no-undo: It is only looked at.\n      relies-on: [§purge.unchanged]",
        "'purge.unchanged' comes later, so nothing here can rely on it",
        "",
    ),
    "reliance on itself": (
        "      no-undo: It is only looked at.",
        "      no-undo: It is only looked at.\n      relies-on: [§handover.cable]",
        "a step does not rely on itself",
        "",
    ),
    "reading that restores": (
        "      action: ovhcloud.service.check-status",
        "      action: ovhcloud.service.check-status\n      §restores: true",
        "only a change brings something back",
        "Remove 'restores'",
    ),
    "removal that restores": (
        "      action: ovhcloud.connect.remove-pops",
        "      action: ovhcloud.connect.remove-pops\n      §restores: true",
        "what brings something back takes nothing away, so it has no undo and ends nothing",
        "Remove 'restores', or write 'no-undo'",
    ),
    "choice without choices": (
        "          - name: token\n            label: Token\n            type: handover",
        "          - name: token\n            label: Token\n            type: choice",
        "'token': 'choices' belong to the type 'choice', and only to it",
        "",
    ),
    "phases out of order": (
        "phases:\n  preflight:\n    - name: look",
        "phases:\n  grace: []\n  §preflight:\n    - name: look",
        "'preflight' comes before 'grace' in the lifecycle",
        "Write the phases in their order",
    ),
    "undeclared default timing": (
        "default-timing: end-of-term",
        "default-timing: §let-expire",
        "the runbook has no timing 'let-expire'",
        "Known here: end-of-term, immediate",
    ),
    "date that may be skipped": (
        "      timeout: 1h\n      skippable: false\n  handover",
        "      timeout: 1h\n  handover",
        (
            "'confirm.date' reads the effective date; without it grace never ends when the timing is end-of-term, "
            "pause is not given"
        ),
        "Add 'skippable: false'",
    ),
    "date that nobody reads": (
        "ovhcloud.service.capture-confirmation",
        "ovhcloud.connect.capture-loa",
        "no step reads the effective date, from which grace counts, when the timing is end-of-term, pause is not given",
        "Add the step that keeps the provider's confirmation",
    ),
    "grace after the end": (
        "offset: -25h",
        "offset: §25h",
        "grace would end after the last call, when the schedule can no longer be taken back",
        "End it at least 1d before the effective date",
    ),
    "grace past the last call": (
        "offset: -25h",
        "offset: §-23h",
        "grace would end after the last call, when the schedule can no longer be taken back",
        "End it at least 1d before the effective date",
    ),
    "negative extension": (
        "offset: 7d\n      max-extension: 90d",
        "offset: 7d\n      max-extension: §-1d",
        "an extension cannot be negative",
        "",
    ),
    "grace from its begin though the provider ends": (
        "anchor: effective-date\n      offset: -25h",
        "anchor: §grace-begin\n      offset: 25h",
        "where the provider ends the service by itself, grace is measured from the effective date",
        "Use 'effective-date'",
    ),
    "no such scheduling step": (
        "step: request.schedule",
        "step: §request.shedule",
        "there is no step 'request.shedule' when the timing is end-of-term, pause is not given",
        "Did you mean 'request.schedule'?",
    ),
    "scheduling step that changes nothing": (
        "step: request.schedule",
        "step: §preflight.look",
        "'preflight.look' does not change the provider, so it cannot schedule an end",
        "",
    ),
    "no point of no return in one case": (
        "      point-of-no-return: true\n      parameters:",
        "      parameters:",
        "purge has no point of no return when the timing is immediate, pause is not given",
        "Mark the step after which nothing can be taken back with 'point-of-no-return: true'",
    ),
    "evidence that no earlier step keeps": (
        "action: ovhcloud.connect.capture-configuration",
        "action: ovhcloud.connect.capture-loa",
        (
            "'ovhcloud.connect.remove-pops' needs the evidence 'configuration', which no earlier step keeps when "
            "the timing is end-of-term, pause is not given"
        ),
        "Add the step that keeps 'configuration' before it",
    ),
    "evidence kept only in some cases": (
        "action: ovhcloud.connect.capture-configuration",
        "action: ovhcloud.connect.capture-configuration\n      when: {parameter: pause}",
        (
            "'ovhcloud.connect.remove-pops' needs the evidence 'configuration', which no earlier step keeps when "
            "the timing is end-of-term, pause is not given"
        ),
        "Add the step that keeps 'configuration' before it",
    ),
    "field that no earlier task requires": (
        "            label: Token\n",
        "            label: Token\n            required: false\n",
        (
            "'ovhcloud.connect.confirm-termination' needs the field 'token', which no earlier task requires when "
            "the timing is immediate, pause is not given"
        ),
        "Add a task with the field 'token' before it",
    ),
    "shown but never kept": (
        "shows: [loa]",
        "shows: [§lao]",
        "no earlier step keeps the evidence 'lao' when the timing is end-of-term, pause is not given",
        "Did you mean 'loa'?",
    ),
    "wrong name": ("name: small", "name: §smal", "the file is called 'small.yaml', the runbook 'smal'", ""),
    "key twice": ("version: 1", "version: 1\n§version: 2", "'version' is written twice; first in line 2", ""),
    "tag": ("title: Gone", "title: §!!str Gone", "tags are not used here", ""),
    "anchor": ("title: Gone", "title: §&x Gone", "anchors are not used here", ""),
    "key that is not text": ("version: 1", "version: 1\n§7: 2", "a key must be text", "Put it in quotes"),
    "number that is none": ("version: 1", "version: §.inf", "'.inf' cannot be read: it is not a finite number", ""),
    "broken YAML": ("title: Gone", "title: Gone§: again", "not valid YAML: mapping values are not allowed here", ""),
}

# Where the mark cannot stand in the new piece: the mistake is that something is not there.
ELSEWHERE: dict[str, tuple[str, int]] = {
    "missing field": ("- name: look", 2),
    "missing top field": ("name: small", 0),
    "two things at once": ("- name: pause", 2),
    "choices without a choice": ("mode:", 0),
    "no timeout": ("- name: cable", 2),
    "no pace": ("- name: gone", 2),
    "change without undo": ("- name: pops", 2),
    "task without undo": ("- name: cable", 2),
    "choice without choices": ("- name: token\n            label", 2),
    "no point of no return in one case": ("purge:", 0),
    "evidence that no earlier step keeps": ("ovhcloud.connect.remove-pops", 0),
    "evidence kept only in some cases": ("ovhcloud.connect.remove-pops", 0),
    "date that may be skipped": ("- name: date", 2),
    "date that nobody reads": ("effective-date", 0),
    "field that no earlier task requires": ("ovhcloud.connect.confirm-termination", 0),
}


def place_of(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


@pytest.mark.parametrize("case", CASES)
def test_mistake_is_shown_at_its_place(case: str, small: str, write: Write) -> None:
    """A mistake is shown with its line, its column, what is wrong and what was probably meant."""
    old, new, message, suggestion = CASES[case]
    assert small.count(old) >= 1, "the case does not fit the small runbook"
    text = small.replace(old, new, 1)
    anchor, shift = ELSEWHERE.get(case, ("", 0))
    index = text.index(anchor) + shift if anchor else text.index("§")
    text = text.replace("§", "")

    with pytest.raises(InputError) as raised:
        load_runbook(write(text))

    found = [(one.line, one.column, one.message) for one in raised.value.diagnostics]
    assert (*place_of(text, index), message) in found
    if suggestion:
        assert suggestion in {one.suggestion for one in raised.value.diagnostics if one.message == message}


def test_one_mistake_is_told_once(small: str, write: Write) -> None:
    """A mistyped action is one diagnostic, without the complaints that would follow from it."""
    path = write(small.replace("capture-configuration", "capture-configuraton"))

    (only,) = check_runbooks([path])

    assert only.message == "unknown action 'ovhcloud.connect.capture-configuraton'"


def test_an_old_name_is_one_mistake(small: str, write: Write) -> None:
    """`patience` where `timeout` must stand is told as what it is called now, and not also as something missing."""
    found = check_runbooks([write(small.replace("  timeout: 14d", "  patience: 14d", 1))])

    assert [one.message for one in found] == ["`patience` is called `timeout` now"]


def test_unreadable_step_is_not_missed_by_later_ones(small: str, write: Write) -> None:
    """A capture with a wrong field is told for what it is, and not also as a need that nothing fills."""
    found = check_runbooks([write(small.replace("title: Keep the configuration", "titel: Keep the configuration"))])

    assert [one.message for one in found] == ["'title' is missing", "unknown field 'titel'"]


def test_all_mistakes_are_told_at_once_in_order_of_lines(small: str, write: Write) -> None:
    """Types, names and references are judged together, and read from top to bottom."""
    text = small.replace("version: 1", "version: one")
    text = text.replace("action: ovhcloud.service.check-status", "action: ovhcloud.service.check-statos")
    text = text.replace("commentary: {parameter: mode}", "commentary: {parameter: modes}")
    text = text.replace("      title: Gone\n", "")

    found = check_runbooks([write(text)])

    assert [one.line for one in found] == sorted(one.line for one in found)
    assert [one.message for one in found] == [
        "'version' must be a whole number, not text",
        "unknown action 'ovhcloud.service.check-statos'",
        "unknown parameter 'modes'",
        "'title' is missing",
    ]


def test_loa_is_kept_before_anything_closes(small: str, write: Write) -> None:
    """A handover that needs the LOA needs it kept in capture, while the provider still gives one (S2.11)."""
    block = (
        "    - name: loa\n      title: Keep the LOA\n      action: ovhcloud.connect.capture-loa\n      timeout: 1h\n"
    )
    text = small.replace(block, "").replace("  confirm:\n", f"  confirm:\n{block}")

    (only,) = check_runbooks([write(text)])

    assert only.message == "'loa' is kept only in confirm, when the provider may no longer give it"
    assert only.suggestion == "Keep it in 'capture'"


def test_too_many_conditions_are_refused_not_skipped(small: str, write: Write) -> None:
    """A runbook whose cases cannot all be looked at does not pass."""
    names = [f"p{number}" for number in range(12)]
    declared = "".join(f"  {name}:\n    type: yes-no\n    description: One of many.\n" for name in names)
    step = "    - name: wait-{0}\n      title: Wait\n      when: {{parameter: {0}}}\n      wait-for: 1h\n"
    text = small.replace("parameters:\n", f"parameters:\n{declared}", 1)
    text = text.replace("  detach:\n", "  detach:\n" + "".join(step.format(name) for name in names))

    (only,) = check_runbooks([write(text)])

    assert "too many to check" in only.message


def test_small_runbook_passes(small: str, write: Write) -> None:
    """The runbook that every case above breaks in one place is good itself."""
    assert check_runbooks([write(small)]) == []


def test_folders_are_searched_and_empty_ones_are_told(small: str, write: Write, tmp_path: Path) -> None:
    """`check_runbooks` finds files in folders below, and does not pass where there is nothing to check."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    write(small).rename(deep / "small.yaml")
    (deep / "bad.yml").write_text("name: [", encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()

    found = check_runbooks([tmp_path, empty, tmp_path / "missing.yaml"])

    assert [Path(one.file).name for one in found] == ["bad.yml", "empty", "missing.yaml"]
    assert "cannot be read: No such file" in found[2].message


def test_unknown_runbook_names_the_nearest(small: str, write: Write) -> None:
    """Asking for a runbook that is not there tells which was meant and where was looked."""
    folder = write(small).parent

    assert find_runbook("small", [folder]) == folder / "small.yaml"
    with pytest.raises(InputError, match=r"there is no runbook 'smal' .*Did you mean 'small'\?"):
        find_runbook("smal", [folder])
    with pytest.raises(InputError, match="Known here: small"):
        find_runbook("qqq", [folder])
    with pytest.raises(InputError, match="No runbook is there at all"):
        find_runbook("small", [folder / "nowhere"])


def test_earlier_folders_win(small: str, write: Write, tmp_path: Path) -> None:
    """A runbook of one's own replaces the shipped one of the same name."""
    write(small)
    own = tmp_path / "own"
    own.mkdir()
    (own / "small.yaml").write_text(small, encoding="utf-8")

    assert find_runbook("small", [own, tmp_path]) == own / "small.yaml"


def test_request_mistakes_have_their_place(tmp_path: Path) -> None:
    """A request is judged like a runbook: unknown fields, wrong types, with line and column."""
    path = tmp_path / "request.yaml"
    path.write_text("runbok: x\nservice: {id: 7}\nreason: r\ntiming: imediate\n", encoding="utf-8")

    with pytest.raises(InputError) as raised:
        load_request(path)

    assert str(raised.value).splitlines() == [
        f"{path}:1:1: 'runbook' is missing. Add it.",
        f"{path}:1:1: unknown field 'runbok'. Did you mean 'runbook'?",
        f"{path}:2:15: 'id' must be text, not a number. Put it in quotes.",
        f"{path}:4:9: 'imediate' is not known here. Did you mean 'immediate'?",
    ]


def test_a_request_says_why_and_by_whom_in_signs_that_people_see(tmp_path: Path) -> None:
    """A blank reason is none, and nobody states facts under a name that only looks like one."""
    path = tmp_path / "request.yaml"
    stated = '{by: "bob\\u200b", title: t, owner: o}'
    path.write_text(f'runbook: x\nservice: {{id: "7"}}\nreason: " \\u200b"\nstated: {stated}\n', encoding="utf-8")

    with pytest.raises(InputError) as raised:
        load_request(path)

    assert str(raised.value).splitlines() == [
        f"{path}:3:9: it is blank: say why, in words.",
        f"{path}:4:14: a name has no invisible or control characters, and this one has U+200B.",
    ]


def test_files_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, nothing at all, control characters and endless nesting are told, not raised."""
    path = tmp_path / "request.yaml"
    contents = {
        b"a: 1\nb: \xff\n": ":2:1: this is not UTF-8",
        b"": ":1:1: the file is empty",
        b"a: 1\nb: \x07\n": ":2:4: a character that YAML does not allow",
        b"[" * 5000: "nested more than 40 levels deep",
        b"%YAML 1.1\n---\na: 1\n": ":1:1: directives are not used here",
        b"a: 1\n---\nb: 1\n": ":2:1: not valid YAML: but found another document",
        b"a:\n\t- 1\n": ":2:1: not valid YAML",
        b"a: 99999999999999999999\n": "the number is too large",
        b'a: "\\ud800"\n': "cannot be read",
        b"#" * (1 << 21): "at most",
    }
    for content, expected in contents.items():
        path.write_bytes(content)
        with pytest.raises(InputError) as raised:
            load_request(path)
        assert expected in str(raised.value), content[:40]


def test_suggestions_and_rendering() -> None:
    """Nothing near: the known names are listed; a diagnostic without a place still reads well."""
    assert did_you_mean("zzz", ["b", "a"]) == "Known here: a, b"
    assert did_you_mean("zzz", []) == ""
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == "nothing"
    assert str(Diagnostic("f.yaml", 3, 4, "wrong", "Fix it")) == "f.yaml:3:4: wrong. Fix it."
    assert str(Diagnostic("", 0, 0, "wrong?")) == "wrong?"
