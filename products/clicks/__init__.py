"""Clicks on links to shops: whose they are, where they lead, and how they are counted.

`visits` (pure) tells people from robots, `departures` finds where a Buy button leads, `counting` counts.
"""
