"""Folder or CSV to image records: size, digest, image label, and the reason of what is unusable."""
