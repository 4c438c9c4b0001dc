"""Picklejar's domain: the signature, the manifest, the predictor and the jar, shared by training and serving."""
