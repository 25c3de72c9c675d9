"""Privacy: the person's own page, what we hold and why, taking it along, having it erased.

Promises that a person sees everything there is about them, that what they choose holds at once,
that no gift is lost by it, and that what is erased is gone.
"""
