"""Words of closed lists that a screen shows as they stand in the record: what a step is, how a run ended, who acts.

They are said by their value, so no code names them one by one; here the catalogues learn of them.
"""

from unrack.model.message import msg

STATES = (
    *(msg("pending"), msg("running"), msg("waiting"), msg("in-doubt"), msg("parked"), msg("done"), msg("skipped")),
    *(msg("undoing"), msg("undone"), msg("closed"), msg("reactivated"), msg("aborted"), msg("refused")),
)
VERDICTS = (
    *(msg("accepted"), msg("already"), msg("conflict"), msg("not-open"), msg("invalid")),
    *(msg("signed"), msg("vouched"), msg("stated")),
)
HEALTH = (msg("ok"), msg("missing"), msg("unused"))
ENDS_IN_TEMPORAL = (msg("terminated"), msg("cancelled"), msg("failed"), msg("reset"))
DOERS = (msg("human"), msg("automatic"), msg("waits"), msg("a person"), msg("an operator"), msg("the worker"))
COUNTED = (
    *(
        msg("1 run"),
        msg("{number} runs"),
        msg("1 task"),
        msg("{number} tasks"),
        msg("1 runbook"),
        msg("{number} runbooks"),
    ),
    *(msg("1 blank"), msg("{number} blanks"), msg("1 mistake"), msg("{number} mistakes")),
    *(msg("1 service"), msg("{number} services"), msg("1 execution"), msg("{number} executions")),
    *(msg("1 approval"), msg("{number} approvals"), msg("1 person"), msg("{number} people")),
    *(msg("1 more service"), msg("{number} more services"), msg("1 more thing"), msg("{number} more things")),
)
OTHERS = (
    *(msg("now"), msg("no"), msg("none"), msg("nothing"), msg("unknown"), msg("text"), msg("choice"), msg("a program")),
    *(
        msg("end of the calendar"),
        msg("earlier"),
        msg("later"),
        msg("every day"),
        msg("every month"),
        msg("every year"),
    ),
    *(msg("every year"), msg("every {number} days"), msg("every {number} months"), msg("every {number} years")),
    *(msg("[green]Accepted[/]"), msg("[bold red]Refused[/]"), msg("[bold red]Conflict[/]")),
    *(msg("[bold red]Incomplete[/]"), msg(", because"), msg(", but"), msg("the installation")),
    *(msg("not JSON"), msg("the calendar"), msg("manual")),
)
HELPS = (
    *(msg("Language, of en, fr (UNRACK_LANG, locale)."), msg("Install completion for the current shell.")),
    msg("Show completion for the current shell, to copy it or customize the installation."),
)
USAGE = (
    *(msg("Missing command."), msg("No such command '{command}'."), msg("Missing argument {where}.")),
    *(msg("No such command '{command}'. Did you mean {commands}?"), msg("Missing option {where}.")),
    *(msg("No such option: {option}"), msg("No such option: {option} (Possible options: {options})")),
    *(msg("Option '{option}' requires an argument."), msg("Option '{option}' does not take a value.")),
    *(msg("Got unexpected extra argument(s) ({words})"), msg("Invalid value: {told}")),
    *(msg("Invalid value for {where}: {told}"), msg("{value} is not one of {choices}.")),
    msg("Missing argument {where}. Choose from:\n\t{choices}"),
    msg("Input should be a valid integer, unable to parse string as an integer"),
    msg("Input should be a valid number, unable to parse string as a number"),
    msg("Input should be greater than or equal to {bound}"),
    msg("Input should be less than or equal to {bound}"),
)
"""What typer says of a command line that is not right, and pydantic of a value in it: they ask no catalogue."""

AROUND_USAGE = (
    *(msg("Error"), msg("Arguments"), msg("Options"), msg("Commands"), msg("COMMAND [ARGS]..."), msg("[default: {}]")),
    msg("Try [blue]'{command_path} {help_option}'[/] for help."),
)
"""What typer prints around it, and around a help."""
