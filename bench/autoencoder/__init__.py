"""The autoencoder check: how well images are rebuilt from a bottleneck of about their dimension.

An autoencoder whose bottleneck is below the dimension of a manifold cannot rebuild its points;
above it nothing more is to be gained. So the error of rebuilding, against the size of the
bottleneck, should fall steeply up to the dimension and flatten beyond (a validation of estimates in
Stanczuk et al. 2024, of which no code is public; the network is ours).
"""
