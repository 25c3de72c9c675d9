"""People whose address we have: the lead, what they consented to, what they subscribe to.

Promises one row per normalised address, however many forms arrive at once, and receipts of
consent that nobody can change unnoticed.
"""
