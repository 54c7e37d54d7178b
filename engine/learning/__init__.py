"""The networks: methods, backbones, training, score maps. The only room that knows torch."""
