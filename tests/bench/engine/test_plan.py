import subprocess
import sys

import pytest

from bench.engine import costs, plan
from bench.suites import schema


@pytest.fixture(scope="module")
def euclidean():
    return schema.load("euclidean")


def build(own, **options):
    return plan.build(own, "smoke", **options)


def test_keys_are_unique_and_the_same_in_another_process(euclidean):
    cells = plan.build(euclidean, "quick")
    assert len({cell.key for cell in cells}) == len(cells)
    code = (
        "from bench.engine import plan; from bench.suites import schema; "
        "print(plan.build(schema.load('euclidean'), 'quick')[0].key)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == cells[0].key


def test_a_cell_does_not_depend_on_which_others_are_planned(euclidean):
    alone = build(euclidean, manifold_patterns=["torus"], estimator_patterns=["mle-5"], seeds=1)
    among = build(euclidean, manifold_patterns=["*"], seeds=3)
    assert alone[0] in among
    same = next(cell for cell in among if cell.key == alone[0].key)
    assert (same.sample_seed, same.random_state) == (alone[0].sample_seed, alone[0].random_state)


def test_estimators_of_one_sample_share_it_and_seeds_differ(euclidean):
    cells = build(euclidean, manifold_patterns=["torus"], seeds=2)
    assert len({cell.sample_seed for cell in cells}) == 2


def test_globs_choose_labels(euclidean):
    cells = build(euclidean, estimator_patterns=["mle-*", "twonn"], manifold_patterns=["non*"])
    assert {cell.estimator for cell in cells} == {"mle-5", "mle-20", "twonn"}
    assert {cell.manifold for cell in cells} == {
        "nonuniform-1",
        "nonuniform-0.75",
        "nonuniform-0.5",
    }


def test_seeds_and_n_replace_those_of_the_preset(euclidean):
    cells = build(
        euclidean, manifold_patterns=["line"], estimator_patterns=["mle-5"], seeds=4, n=77
    )
    assert [(cell.seed, cell.n) for cell in cells] == [(0, 77), (1, 77), (2, 77), (3, 77)]


def test_the_paper_s_sizes_are_those_of_the_full_preset(euclidean):
    sizes = {cell.manifold: cell.n for cell in plan.build(euclidean, "full")}
    assert sizes.pop("line") == 10_000
    assert set(sizes.values()) == {50_000}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator_patterns": ["mle-50"]}, "unknown estimator 'mle-50'; did you mean 'mle-5'"),
        ({"manifold_patterns": ["torsu"]}, "unknown manifold 'torsu'; did you mean 'torus'"),
        ({"manifold_patterns": ["zz*"]}, "unknown manifold 'zz\\*'"),
        ({"seeds": 10_000}, "cells, of which a run has at most 100000"),
    ],
)
def test_what_does_not_exist_is_reported_with_the_nearest_name(euclidean, options, message):
    with pytest.raises(ValueError, match=message):
        build(euclidean, **options)


def test_a_bad_parameter_in_a_suite_is_reported_before_any_work(euclidean):
    broken = euclidean.model_copy(
        update={
            "estimators": {"mine": schema.EstimatorChoice(estimator="mle", parameters={"k": 5})}
        }
    )
    with pytest.raises(
        ValueError, match=r"euclidean\.toml: estimators\.mine: mle: unknown parameter 'k'"
    ):
        plan.build(
            broken.model_copy(
                update={
                    "presets": schema.Presets(
                        **{name: schema.Preset(n=10, seeds=1) for name in schema.PRESETS}
                    )
                }
            ),
            "smoke",
        )


def on_line(euclidean, estimators):
    line = euclidean.manifolds["line"].model_copy(update={"estimators": estimators})
    return euclidean.model_copy(update={"manifolds": {**euclidean.manifolds, "line": line}})


def test_a_manifold_of_its_own_estimators_runs_those_with_its_parameters(euclidean):
    cells = build(
        on_line(euclidean, {"mle-5": {"neighbors": 7}, "twonn": {}}),
        manifold_patterns=["line", "torus"],
        seeds=1,
    )
    line = {cell.estimator: cell for cell in cells if cell.manifold == "line"}
    assert set(line) == {"mle-5", "twonn"}
    assert line["mle-5"].estimator_parameters["neighbors"] == 7
    assert line["mle-5"].estimator_arguments == {"neighbors": 7}
    torus = {cell.estimator: cell for cell in cells if cell.manifold == "torus"}
    assert set(torus) > set(line)
    assert torus["mle-5"].estimator_parameters["neighbors"] == 5


def test_estimators_and_manifolds_that_do_not_meet_are_an_error(euclidean):
    with pytest.raises(ValueError, match="runs none of mle-5 on any of line"):
        build(
            on_line(euclidean, {"twonn": {}}),
            manifold_patterns=["line"],
            estimator_patterns=["mle-5"],
        )


def test_a_bad_parameter_on_one_manifold_is_an_error_before_any_work(euclidean):
    message = r"manifolds\.line\.estimators\.mle-5: mle: unknown parameter 'k'"
    with pytest.raises(ValueError, match=message):
        build(on_line(euclidean, {"mle-5": {"k": 5}}), manifold_patterns=["torus"])


def test_batches_keep_every_cell_once_with_the_cheapest_first_then_the_longest(euclidean):
    cells = plan.build(euclidean, "quick")
    seconds = costs.predict(cells, [])
    batches = plan.batches(cells, seconds)
    assert sorted(cell.key for batch in batches for cell in batch) == sorted(seconds)
    sums = [sum(seconds[cell.key] for cell in batch) for batch in batches]
    assert sums[0] == min(sums)
    assert sums[1:] == sorted(sums[1:], reverse=True)


def test_the_same_cell_under_two_labels_is_refused(euclidean):
    with pytest.raises(ValueError, match="'mle-20' on 'line' and 'mle' on 'line' are the same"):
        build(euclidean, manifold_patterns=["line"], estimator_patterns=["mle-20", "mle"])


def test_editing_a_plugin_changes_its_cells_but_not_their_samples(euclidean, tmp_path):
    from bench.plugins import load_file

    def planned(comment):
        (tmp_path / "mine.py").write_text(
            "import estimators\n"
            "@estimators.register('mine')\n"
            "class Mine:\n"
            f"    def fit(self, X, y=None): pass  # {comment}\n"
        )
        load_file(str(tmp_path / "mine.py"))
        return build(euclidean, manifold_patterns=["line"], estimator_patterns=["mine"])[0]

    before, after = planned("before"), planned("after")
    assert before.key != after.key
    assert (before.sample_seed, before.random_state) == (after.sample_seed, after.random_state)
