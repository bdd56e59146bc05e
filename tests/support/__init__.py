"""What the tests, the demo and the benchmarks need around them, such as a database server of their own."""
