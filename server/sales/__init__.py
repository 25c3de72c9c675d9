"""Sales: whom to talk to today and about what, the lead list, the history of one lead.

Promises that each sentence is true and each sum adds up: both are made from the log when they are
shown, never stored as text.
"""
