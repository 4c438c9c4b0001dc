"""What the cells of a file mean: one description, and one reader of cells for training and serving."""
