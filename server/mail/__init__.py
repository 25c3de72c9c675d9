"""Mail: every message is first a row, then it is sent, and its row says what became of it.

Promises that nothing is sent twice to one reader for one reason, that who left or is blocked gets
nothing that was queued before, and that a text never holds a reader's words as instructions.
"""
