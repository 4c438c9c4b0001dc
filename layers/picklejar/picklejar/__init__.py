"""Picklejar's domain: signature, manifest, predictor and jar, shared by training and serving."""
