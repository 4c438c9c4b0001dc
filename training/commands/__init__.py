"""The commands of `picklejar`, a module for each kind."""
