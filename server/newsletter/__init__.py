"""The weekly tip: sign-up with a button, the archive, and each issue once to each subscriber.

Promises that nobody is mailed who did not confirm, that leaving stops what is queued, and that
starting the site mails nothing by itself.
"""
