"""An estimator and a manifold for the intrinsic-dimension bench, found by their entry points."""
