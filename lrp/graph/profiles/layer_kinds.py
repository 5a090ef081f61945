"""Layer classes that the lines of several profiles name together."""

CONV = "Conv|ConvTranspose"
KERNEL = "Conv|ConvTranspose|Dense"
SUMS = "AvgPool|SumPool|GlobalAvgPool|GlobalSumPool|Add|Average"
