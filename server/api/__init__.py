"""The small API: leads, gifts, purchases, outcomes and the log, as JSON for other programs.

Each call bears a key with scopes. What is declared in `operations.py` is what the routes answer
and what the OpenAPI document says. A POST with an Idempotency-Key has its effect once.
"""
