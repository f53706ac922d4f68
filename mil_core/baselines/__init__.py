"""What the meta-learned policies are compared with."""
