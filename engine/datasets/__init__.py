"""Public data sets in the layout that they come in: images, image labels, splits, true boxes."""

from engine.datasets.detect import DATASETS, open_dataset
from engine.datasets.model import Dataset, DatasetImage, TrueBox

__all__ = ["DATASETS", "Dataset", "DatasetImage", "TrueBox", "open_dataset"]
