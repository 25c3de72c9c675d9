"""Giving: a lead asks, presses one button, and the gift is theirs; its use is on record.

Nothing is asked in return. Promises that a press is one gift however often it is pressed, that a
link gives access and never an identity, and that the days after a gift are quiet.
"""
