"""The names of all commands, and which module defines each: a module is imported once its command is typed.

So ``unrack --help`` and the completion of names import no command at all. What is said here of a command is the first
paragraph of its own help; a test holds the two together.
"""

from typing import NamedTuple

from unrack.model.message import msg

RUNS = msg("Operations")
ON_CALL = msg("On-call")
AUDITORS = msg("Auditors")
SET_UP = msg("Installation and runbooks")


class Listed(NamedTuple):
    """One command as the help of ``unrack`` lists it."""

    module: str
    """The module of `unrack.cli` that defines it."""
    panel: str
    """The title under which it stands."""
    summary: str
    hidden: bool = False
    """Whether it works without being listed."""


COMMANDS = {
    "plan": Listed(
        "plan_and_launch",
        RUNS,
        msg("Show what a run would do. Reads the provider, changes nothing, and remembers the plan for launch."),
    ),
    "launch": Listed(
        "plan_and_launch",
        RUNS,
        msg("Start the plan that was shown. Cancels a service: it wants the service id, typed or by --confirm."),
    ),
    "status": Listed(
        "runs", RUNS, msg("Show where a run stands, what it waits for and until when, and what can be done now.")
    ),
    "list": Listed("run_list", RUNS, msg("List every open run, the nearest due date first, and how many there are.")),
    "wake": Listed(
        "runs",
        RUNS,
        msg("Make a run look again now, after a deploy or when the provider was helped by hand. Decides nothing."),
    ),
    "watch": Listed(
        "watch",
        RUNS,
        msg("Watch a run until it ends. Looking costs the run nothing. Ctrl-C stops watching, never the run."),
    ),
    "approve": Listed(
        "approvals",
        RUNS,
        msg("Approve the plan of a run as it stands now. Shows first what changed since it was launched, and asks."),
    ),
    "withdraw": Listed(
        "approvals",
        RUNS,
        msg("Take your own approval back while the run waits for others, or take an extension of grace back."),
    ),
    "reactivate": Listed(
        "decisions",
        RUNS,
        msg("Roll a run back: undo what was done, in reverse order. Refused after the point of no return."),
    ),
    "abort": Listed("decisions", RUNS, msg("Stop a run that has touched nothing yet.")),
    "resolve": Listed("decisions", RUNS, msg("Decide on a parked step: try it again, or leave it out.")),
    "hold": Listed(
        "holds",
        RUNS,
        msg("Hold a run, or with --all every run: nothing changes a service forward while the hold stands."),
    ),
    "release": Listed(
        "holds", RUNS, msg("Lift your own holds of a run; one by its id, somebody's or everybody's with a reason.")
    ),
    "extend": Listed(
        "grace", RUNS, msg("Move the end of grace to a later time, within the bounds that the runbook sets.")
    ),
    "shorten": Listed(
        "grace", RUNS, msg("Move the end of grace to an earlier time, never below the runbook's minimum.")
    ),
    "freeze": Listed("grace", RUNS, msg("Set a change freeze on a run: nothing is purged between two moments.")),
    "unfreeze": Listed(
        "grace", RUNS, msg("Take a change freeze off a run, whether a calendar file or a decision set it.")
    ),
    "tasks": Listed("task_list", ON_CALL, msg("Show what waits for a person, the nearest deadline first.")),
    "complete": Listed(
        "tasks",
        ON_CALL,
        msg(
            "Complete a task with its fields and proofs. Files go to the evidence store; "
            "the history keeps their digests."
        ),
    ),
    "reject": Listed(
        "tasks", ON_CALL, msg("Say that a task cannot be done as written: it parks, and an operator decides.")
    ),
    "secret": Listed(
        "secret",
        ON_CALL,
        msg(
            "Hand a secret to the worker and print the reference that a task's field takes. It never enters a history."
        ),
    ),
    "handover": Listed("secret", ON_CALL, msg("The old name of `secret`."), hidden=True),
    "amend": Listed(
        "tasks", ON_CALL, msg("Replace a field or proof of a task that is done. The old one stays in the history.")
    ),
    "note": Listed("decisions", RUNS, msg("Add a remark to the record of a run. It decides nothing.")),
    "sign": Listed(
        "signing",
        RUNS,
        msg("Sign a decision into a file, and send nothing: it is carried and sent from elsewhere, with send."),
    ),
    "send": Listed(
        "signing", RUNS, msg("Send a decision that somebody signed into a file. Says first what was signed.")
    ),
    "reconcile": Listed(
        "reconcile",
        ON_CALL,
        msg(
            "Compare every run with its service, now: runs that somebody ended in Temporal, "
            "services that ended otherwise."
        ),
    ),
    "resume": Listed(
        "reconcile",
        RUNS,
        msg("Go on with a run that was ended in Temporal, from the last state that it knew. Refused while it is open."),
    ),
    "history": Listed(
        "history", AUDITORS, msg("Tell who did what, when and with which evidence, from the recorded events alone.")
    ),
    "decisions": Listed(
        "decided",
        AUDITORS,
        msg(
            "List every decision of a run: who, how sure that is, and why one does not count. Export them with proofs."
        ),
    ),
    "replay": Listed(
        "history",
        AUDITORS,
        msg("Run recorded histories again through today's workflow code; exit code 1 unless every one agrees."),
    ),
    "evidence": Listed(
        "evidence", AUDITORS, msg("Fetch evidence, verified against its digest; put files into the store.")
    ),
    "runbook": Listed(
        "runbooks", SET_UP, msg("Choose, check and write runbooks: what is cancelled how, by whom, with which rights.")
    ),
    "policy": Listed(
        "policy",
        SET_UP,
        msg("Begin, check and read the policy: who people are, by which keys, and who may decide what."),
    ),
    "whoami": Listed(
        "signing",
        SET_UP,
        msg("Say who you are by the policy: with which key you sign, in which groups, with which rights."),
    ),
    "up": Listed(
        "up_and_doctor",
        SET_UP,
        msg(
            "Keep server and worker running on this machine until Ctrl-C, with all data in one folder. "
            "Restart it any time."
        ),
    ),
    "doctor": Listed(
        "up_and_doctor",
        SET_UP,
        msg("Tell what is missing before anything is started: server, worker, evidence store, runbooks, rights."),
    ),
    "demo": Listed(
        "demo",
        SET_UP,
        msg(
            "Cancel a simulated service from plan to proof: server, simulator, worker and people, all on this machine."
        ),
    ),
}
"""Every command by its name, in the order in which the help lists them."""
