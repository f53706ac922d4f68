"""Speed, measured against another way to get the same result."""
