"""The judge of links: from what one look at an offer saw to what the publisher should believe.

evidence (facts) → page (facts of the HTML) → verdict (what they mean) → health (after the history),
and beside them politeness (who may be asked next, when) and breaker (when a whole host turned bad).
Everything here is pure: standard library only, time and randomness are arguments, nothing is dialled.
"""
