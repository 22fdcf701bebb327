"""Mails to several people over one connection: a mailbox in trouble holds up nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused

from django.core.mail import BadHeaderError, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from articles.models import User

logger = logging.getLogger(__name__)

PATIENCE = 3
"""Breaks of the connection to the mail server after which a run leaves the rest to the next one."""


def mail_each(people: Iterable[User], send: Callable[[User, BaseEmailBackend], int], *, what: str) -> int:
    """Call `send` for each person with the shared connection. Returns the sum of what it returned: mails sent.

    What the server did not take is logged under the name `what`, such as "digest", and left to the next run.
    """
    connection = get_connection()
    sent = breaks = 0
    try:
        for person in people:
            try:
                sent += send(person, connection)
            except (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError, BadHeaderError) as error:
                logger.warning("The %s of account %d was refused: %s", what, person.pk, error)
                connection.close()
            except OSError as error:
                logger.warning("The %s of account %d was not sent: %s", what, person.pk, error)
                connection.close()
                breaks += 1
                if breaks == PATIENCE:
                    break
    finally:
        connection.close()
    return sent
