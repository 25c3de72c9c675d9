"""Gift blocks in an article: a title of the library, offered where the text speaks of it.

An editor writes a paragraph that is nothing but a link to a title. At most two of them become
blocks; any further one, and one to a title that is not there, stays the link it is.
"""

import re
from collections.abc import Callable, Mapping

MOST = 2
ALONE = re.compile(r'<p><a href="(/[a-z]{2}/library/[a-z0-9-]+)">[^<]*</a></p>')


def with_gift_blocks(html: str, blocks: Mapping[str, Callable[[], str]]) -> str:
    """The text with a block for a link that stands alone; `blocks` makes one for a path."""
    given: list[str] = []

    def block(found: re.Match[str]) -> str:
        path = found[1]
        if path not in blocks or path in given or len(given) >= MOST:
            return found[0]
        given.append(path)
        return blocks[path]()

    return ALONE.sub(block, html)
