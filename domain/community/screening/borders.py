"""Where words of Chinese begin and end, by jieba: a short word counts only where it stands as one."""

from __future__ import annotations

from functools import cached_property

from domain.community import folding


class Borders:
    """The tokens of one text; it is cut when somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _tokens(self) -> dict[int, int]:
        import rjieba  # loads its dictionary at once: not for every process that knows of screening

        simplified = self._text.translate(folding.simplified())
        return {start: end for _, start, end in rjieba.tokenize(simplified, "default", True)}

    @cached_property
    def _ends(self) -> frozenset[int]:
        return frozenset(self._tokens.values())

    def fits(self, start: int, end: int) -> bool:
        """Whether a span begins and ends with tokens; one character must be a token."""
        if end - start == 1:
            return self._tokens.get(start) == end
        return start in self._tokens and end in self._ends
