"""iCalendar files as change managers write them."""

YEAR_END = """\
UID:year-end@board
DTSTART;VALUE=DATE:20261220
DTEND;VALUE=DATE:20270104
SUMMARY:Year end
TRANSP:TRANSPARENT"""

MONTH_END = """\
UID:close@finance
DTSTART;TZID=Europe/Paris:20261030T180000
DURATION:PT60H
RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3
EXDATE;TZID=Europe/Paris:20261225T180000
SUMMARY:Month end"""


def calendar(*events: str) -> str:
    """An iCalendar file with these events."""
    inside = "\n".join(f"BEGIN:VEVENT\nDTSTAMP:20260101T000000Z\n{event}\nEND:VEVENT" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{inside}\nEND:VCALENDAR\n"
