"""The grid: a page of images with their boxes, decided about many at a time."""
