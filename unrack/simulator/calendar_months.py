"""Months on a calendar."""

import calendar
from datetime import datetime


def plus_months(moment: datetime, months: int) -> datetime:
    """The same day `months` later, or the last day of that month when it is shorter."""
    year, month0 = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return moment.replace(year=year, month=month0 + 1, day=min(moment.day, last))
