"""Simulated use: people who look for verses and say what they think of the answers."""
