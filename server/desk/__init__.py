"""The desk: staff's home over all rooms, behind a one-time login link.

Promises a short list with true sentences, the whole history one click away, and that nothing here
is needed for readers to be served.
"""
