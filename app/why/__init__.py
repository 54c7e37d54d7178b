"""The why view: where a network looks, what DGDM drops, what changes when a part is hidden."""
