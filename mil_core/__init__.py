"""Meta-learned policies: inner loop, learned losses, algorithms, training, checkpoints. The only importer of torch."""
