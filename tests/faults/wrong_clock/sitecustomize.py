"""Sets the clock of any Python started with this folder on its path: `WRONG_CLOCK_HOURS` ahead, or behind if negative.

The wall clock alone, as where a machine's clock is wrong: the steady clock goes on as it is.
"""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(
    datetime.now(UTC) + timedelta(hours=float(os.environ["WRONG_CLOCK_HOURS"])), tick=True
).start()
