"""What the worker does for the newsletter."""

from server.newsletter import issuing
from server.newsletter.issuing import Editor

__all__ = ["queue_deliveries"]


async def queue_deliveries(editor: Editor) -> int:
    """Write the deliveries of the next readers of an issue that is being sent."""
    return await issuing.queue_next(editor)
