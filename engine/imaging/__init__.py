"""Decoding of image files, one way for the whole program: EXIF-transposed RGB, bounded memory."""
