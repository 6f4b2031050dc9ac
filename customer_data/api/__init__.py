"""What the REST doors are made of: keys, errors in one shape, answers that are given once."""
