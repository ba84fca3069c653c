"""The customers' mail: contacts who write to a mailbox, and the servers that take what we write to them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from random import Random

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.chaos.network import AHEAD
from tests.support.chaos.plan import Letter
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.eventually import eventually
from tests.support.mail import Outbox, hang_up, mail, read

MAILBOX = "shop"
TURNED_AWAY, SLOW, REFUSED, UNHEARD = 0.15, 0.2, 0.06, 0.1
SLOWEST = 2.0


class Servers(Outbox):
    """What takes our mail, by Message-ID; ``latest`` of each recipient.

    Until it is ``calm`` it hangs up on some before they are given over (to be tried again) and on some right after
    (nobody hears that they were taken), thinks about some for a while, and refuses some: those for ever.
    """

    def __init__(self, seed: str) -> None:
        super().__init__(password=PASSWORD)
        self.calm = False
        self.taken: Counter[str] = Counter()
        self.unheard: set[str] = set()
        self.refused: set[str] = set()
        self.turned_away = 0
        self.latest: dict[str, str] = {}
        self._chance = Random(f"{seed} mail servers")

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self.calm and self._chance.random() < TURNED_AWAY:
            self.turned_away += 1
            return hang_up(server)
        envelope.mail_from = address
        return "250 go on"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        came = read(envelope)
        name = str(came["Message-ID"]).strip("<>")
        drawn = 1.0 if self.calm else self._chance.random()
        if not self.calm and self._chance.random() < SLOW:
            await asyncio.sleep(self._chance.uniform(0, SLOWEST))
        if name in self.refused or drawn < REFUSED:
            self.refused.add(name)
            return "550 nobody here by that name"
        self.taken[name] += 1
        self.mails.append(came)
        self.latest[str(came["To"])] = name
        if drawn < REFUSED + UNHEARD:
            self.unheard.add(name)
            return hang_up(server)
        return "250 taken"


class Correspondents:
    """They write as planned, each thread in order; their mail lies in the mailbox whether its server runs or not."""

    def __init__(self, mailbox: Dovecot, servers: Servers) -> None:
        self.written = 0
        self.naming_ours = 0
        self._mailbox = mailbox
        self._servers = servers

    async def write(self, letters: Sequence[Letter], share: Callable[[], float]) -> None:
        """All of them; the agents' work (``share``) is not left too far behind."""
        threads: dict[str, list[Letter]] = defaultdict(list)
        for letter in letters:
            threads[letter.begins_with].append(letter)
        began, last = time.monotonic(), max(letter.after for letter in letters)
        async with asyncio.TaskGroup() as group:
            for thread in threads.values():
                group.create_task(self._thread(thread, began, last, share))

    async def _thread(self, letters: Sequence[Letter], began: float, last: float, share: Callable[[], float]) -> None:
        for letter in letters:
            await asyncio.sleep(max(0.0, began + letter.after - time.monotonic()))
            with contextlib.suppress(TimeoutError):
                await eventually(partial(self._is_turn, letter.after / last, share), within=last)
            self._mailbox.deliver(MAILBOX, self._mail(letter))
            self.written += 1

    @staticmethod
    def _is_turn(of: float, share: Callable[[], float]) -> bool:
        return share() > of - AHEAD

    def _mail(self, letter: Letter) -> bytes:
        """It names our latest mail, if it is to and there is one; else the mail that it is planned to."""
        ours = self._servers.latest.get(letter.ours_to) if letter.ours_to is not None else None
        self.naming_ours += ours is not None
        answers = ours or letter.answers
        return mail(
            letter.text,
            sender=f"{letter.address.partition('@')[0]} <{letter.address}>",
            subject=letter.subject,
            name=letter.name,
            answers=[answers] if answers else [],
            date=format_datetime(datetime.now(UTC)),
        )
