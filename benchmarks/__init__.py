"""What things cost, measured side by side: `python -m benchmarks`."""
