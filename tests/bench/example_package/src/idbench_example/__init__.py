"""An estimator and a manifold for the benchmark, registered by their entry points."""
