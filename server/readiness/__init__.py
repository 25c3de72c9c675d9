"""Who is ready for an offer, and why: a pure fold over the log, explained in sentences.

Promises: the same log gives the same state in whatever order it is read; what a machine did never
counts; every shown score is the exact sum of its reasons; nobody is ready inside a no-ask window
unless they asked us to call. Every number stands in `starting_points.yaml`, every sentence in
`texts.yaml`; there is no database, no clock and no chance in `model`, `state`, `facts`, `scoring`,
`steps`, `assessment`, `explaining` and `evidence`.
"""
