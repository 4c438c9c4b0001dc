"""The offline side: models and their data, training, publishing, and the `picklejar` command."""
