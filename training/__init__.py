"""The offline side: what is predicted from what, training, publishing, and the `picklejar` command."""
