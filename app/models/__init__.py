"""What the window holds of a project: the queue, shapes, the image under review."""
