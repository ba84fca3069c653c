"""Figures of surveys, counted as they are read (csat.md, Figures). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from services.csat.domain.invitations import Invitation, answer_of
from shared.contracts.surveys import Figures


class Tally:
    """What was counted so far."""

    def __init__(self) -> None:
        self._sent = 0
        self._positive = 0
        self._numbers: Counter[int] = Counter()

    def count(self, invitations: Iterable[Invitation]) -> None:
        """More surveys that were sent."""
        for invitation in invitations:
            self._sent += 1
            answer = answer_of(invitation)
            if answer is not None:
                self._numbers[answer.number] += 1
                self._positive += answer.positive

    def figures(self) -> Figures:
        """Rates in percent; None where there is nothing to average."""
        answered = self._numbers.total()
        total = sum(number * count for number, count in self._numbers.items())
        return Figures(
            sent=self._sent,
            answered=answered,
            positive=self._positive,
            response_rate=answered / self._sent * 100 if self._sent else None,
            satisfaction=self._positive / answered * 100 if answered else None,
            average=total / answered if answered else None,
            distribution={str(number): self._numbers[number] for number in sorted(self._numbers)},
        )
