"""`python -m tests.demo.twenty [first seed] [worlds] [people]`: the model on unseen worlds.

The goals: AUC of .82 or more, machines cost .005 or less, no ask in a window.
"""

import sys
from statistics import mean

from server.demo.measuring import measure
from server.readiness.model import load_model


def main(first: int = 1000, worlds: int = 20, people: int = 1000) -> None:
    """Print mean, least and most of each measure."""
    model = load_model()
    found = [measure(seed, people, model) for seed in range(first, first + worlds)]
    for name in ("auc", "shown", "precision", "bots", "asks_in_window"):
        values = [getattr(one, name) for one in found]
        told = f"{name:<16}{mean(values):8.4f}{min(values):9.4f}{max(values):9.4f}\n"
        sys.stdout.write(told)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
