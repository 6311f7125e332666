"""The estimators of the scikit-dimension that is installed, with its own defaults, as a plug-in."""

import inspect

import skdim.id

import estimators

for name, cls in inspect.getmembers(skdim.id, inspect.isclass):
    random = "random_state" in inspect.signature(cls).parameters
    estimators.register(
        f"skdim-{name.lower()}",
        source=f"skdim.id.{name} with its defaults",
        deterministic=not random,
    )(cls)
