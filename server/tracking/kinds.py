"""The lines of the log that move the balance: what we gave, and what came back."""

GIFTS = ("gift.taken", "gift.sent", "trial.started", "help.given")
RETURNS = (
    "reply",
    "question",
    "rating",
    "rating.personal",
    "review",
    "forward",
    "referral.joined",
    "comment",
    "survey",
    "purchase",
)
