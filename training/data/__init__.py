"""The shipped data sets and the generator of one of them."""
