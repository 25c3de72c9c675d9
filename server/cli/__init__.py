"""The command line: `givefirst serve`, `worker`, `migrate`, `check`, `build`, `staff`, …

Results on stdout, logs on stderr. Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""
