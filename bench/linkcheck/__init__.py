"""Our checker of links beside others: the same lists, the same shops, one run."""
