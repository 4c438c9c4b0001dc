"""What is done to an account: the page's files, as a deployment uploads them."""
