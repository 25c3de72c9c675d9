"""What the worker does for the newsletter."""

from server.newsletter import halting, queueing, rhythm, sequences_joining, sequences_running
from server.newsletter.issuing import Editor

__all__ = ["halt_bad", "keep_rhythm", "queue_deliveries", "start_sequences", "walk_sequences"]


async def queue_deliveries(editor: Editor) -> int:
    """Write the deliveries of the next readers of an issue that is being sent."""
    return await queueing.queue_next(editor.site)


async def keep_rhythm(editor: Editor) -> int:
    """Start what is due, bring the slots to come up to date, and tell of an empty one."""
    started = await rhythm.start_due(editor)
    await rhythm.fill(editor)
    return started + await rhythm.tell_empty(editor)


async def walk_sequences(editor: Editor) -> int:
    """Do what is due for the readers of sequences."""
    return await sequences_running.advance(editor)


async def start_sequences(editor: Editor) -> int:
    """Who took an asset that starts a sequence joins it."""
    return await sequences_joining.start_by_rule(editor)


async def halt_bad(editor: Editor) -> int:
    """Pause an issue of which too much comes back, and tell the editors."""
    return await halting.halt_bad(editor)
