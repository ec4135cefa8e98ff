"""The front ends: Discord, the console, the jobs and the store behind them."""
