"""Complete the cells of a job: plan, run here or on a cluster, show progress."""
