"""The log: one line for each thing that happened, to whom, about what, when, on what evidence.

Promises that a line is written in the transaction of what it tells, that a double is refused, and
that lines are never changed but for the verdict on whether a person was behind them, and, after
13 months, for what told one reader from another.
"""
