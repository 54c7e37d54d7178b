"""COCO, Pascal VOC and CSV, one file per format."""
