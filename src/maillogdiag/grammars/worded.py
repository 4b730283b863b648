"""Regular expressions that cannot match without certain words, which are found many times as fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property


class WordedPattern:
    """A regular expression that is only tried on a text in which one of its words stands.

    Most entries that reach a grammar are not what most of its patterns look for.

    Args:
        pattern: the regular expression.
        words: whatever it matches, one of these stands in it, in this case.
    """

    def __init__(self, pattern: str, words: tuple[str, ...], flags: int = 0) -> None:
        self.words = words
        self._pattern = pattern
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The regular expression, compiled when one of its words was found."""
        return re.compile(self._pattern, self._flags)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in `text`, as `re.search` does."""
        for word in self.words:
            if word in text:
                return self.compiled.search(text)
        return None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield all matches in `text`, as `re.finditer` does."""
        return self.compiled.finditer(text) if any(word in text for word in self.words) else iter(())
