"""Estimators of one model, and those without training, differ in nothing else."""

import pytest

from bench.engine import plan
from bench.suites import schema

UNTRAINED = "untrained"


def test_estimators_of_one_model_are_trained_alike_in_every_suite_and_preset():
    """Else each would train a model of its own."""
    training = ("steps", "batch", "width", "blocks", "check_every", "network", "levels", "recipe")
    for name in schema.names():
        for preset in schema.PRESETS:
            cells = plan.build(schema.load(name), preset)
            known = {
                (cell.sample_key, *(str(cell.estimator_parameters[part]) for part in training))
                for cell in cells
                if cell.estimator_name in {"score-svd", "flipd", "dsm", "lhsd"}
                and cell.estimator != UNTRAINED
            }
            samples = {key for key, *_ in known}
            assert len(known) == len(samples), f"{name} at {preset}"


@pytest.mark.parametrize("name", ["readings", "images", "stanczuk2024"])
def test_untrained_is_the_read_out_of_score_svd_without_a_training_step(name):
    """At quick, whose numbers are reported: else they would differ in more than training."""
    cells = plan.build(schema.load(name), "quick", estimator_patterns=["score-svd", UNTRAINED])
    results = {
        label: {
            (
                c.sample_key,
                *sorted((k, str(v)) for k, v in c.estimator_parameters.items() if k != "steps"),
            )
            for c in cells
            if c.estimator == label
        }
        for label in ("score-svd", UNTRAINED)
    }
    assert results[UNTRAINED] == results["score-svd"]
    assert {c.estimator_parameters["steps"] for c in cells if c.estimator == UNTRAINED} == {0}
