"""What a heatmap looks like: the only room that imports matplotlib and Pillow."""
