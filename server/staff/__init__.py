"""Staff: accounts, one-time login links, sessions in a table, the audit log.

Promises that a session ends when rights change, that a link works once for a quarter of an hour,
and that an unknown address is answered as a known one.
"""
