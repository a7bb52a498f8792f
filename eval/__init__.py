"""Question sets, baselines and benchmarks."""
