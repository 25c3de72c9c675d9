"""A believable year: worlds of invented people with a known intent, and a database filled with one.

Promises: `personas` and `worlds` are pure and know nothing of the model of readiness, so that they
can judge it; what the demo made is marked, is never mailed for real, and goes without a trace.
"""
