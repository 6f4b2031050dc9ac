"""The benchmarks: every figure beside its peer or limit, in one run."""
