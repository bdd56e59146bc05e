"""Code tables: what the payer's codes are and how they weigh. Facts of the federal list; texts are ours."""
