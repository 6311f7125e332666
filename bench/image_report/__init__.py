"""Report on real images, whose dimension nobody knows.

Estimates with their spread, agreement of estimators, ranks of classes, the dimension at an image
against the size of its PNG, and images of low and high dimension.
"""

#: Summary of the tables, in a few lines.
SUMMARY = "image-summary.txt"
