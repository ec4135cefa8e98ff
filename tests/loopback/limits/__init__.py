"""Discord's limits, enforced as Discord does: a 400 with code 50035 that names every fault at its place."""
