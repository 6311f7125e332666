"""What can be said of real images, whose dimension nobody knows.

The estimates with their spread, how far estimators agree, how the classes rank, whether images of
high dimension are those that compress badly, and what such images look like.
"""

#: What the tables say, in a few lines.
SUMMARY = "image-summary.txt"
