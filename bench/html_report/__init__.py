"""The results of a folder as one HTML file that needs no network: gathered, then rendered."""
