import pytest

from bench.suites import schema

MINIMAL = """
about = "two cells"
[manifolds.line]
manifold = "spaghetti-line"
[estimators.mle-5]
estimator = "mle"
parameters = { neighbors = 5 }
[presets]
smoke = { n = 100, seeds = 1 }
quick = { n = 200, seeds = 2 }
full = { n = 300, seeds = 3 }
"""


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_every_shipped_suite_is_valid():
    assert "euclidean" in schema.names()
    for name in schema.names():
        assert schema.load(name).name == name


def test_a_file_of_ones_own_works_where_a_name_does(tmp_path):
    own = schema.load(write(tmp_path, MINIMAL))
    assert own.name == "mine"
    assert own.preset("quick").seeds == 2
    assert own.estimators["mle-5"].parameters == {"neighbors": 5}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("n = 100", "n = 0"), ["presets.smoke.n", "found 0", "greater than or equal to 1"]),
        (("n = 100", 'n = "many"'), ["presets.smoke.n", "found 'many'", "valid integer"]),
        (
            ("seeds = 2", "sedes = 2"),
            ["presets.quick.sedes", "did you mean 'seeds'", "allowed: timeout, memory, n,"],
        ),
        (('manifold = "spaghetti-line"', ""), ["manifolds.line.manifold: missing"]),
        (("[presets]", "[presets]\ntiny = {n=1, seeds=1}"), ["presets.tiny", "smoke, quick, full"]),
        (
            ("[manifolds.line]", '[manifolds."../line"]'),
            ["manifolds", "../line", "letters, digits"],
        ),
        (('about = "two cells"', "aboot = 1"), ["aboot: unknown key; did you mean 'about'"]),
        (("[presets]", "[presets"), ["not valid TOML", "line"]),
        (('about = "two cells"', "about = " + "[" * 9999), ["lists or tables too deep"]),
        (
            ("n = 100, seeds = 1", "n = 100, seeds = 1, only_estimators = ['mle5']"),
            ["presets.smoke", "'mle5'", "did you mean 'mle-5'"],
        ),
        (
            ("[manifolds.line]", "[manifolds.line]\nestimators = {mle5 = {}}"),
            ["manifolds.line", "'mle5'", "did you mean 'mle-5'"],
        ),
    ],
)
def test_an_error_names_file_key_value_and_what_is_allowed(tmp_path, change, message):
    path = write(tmp_path, MINIMAL.replace(*change))
    with pytest.raises(ValueError, match=r"mine\.toml") as caught:
        schema.load(path)
    for part in message:
        assert part in str(caught.value)


def test_a_missing_file_and_an_unknown_name_are_reported(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read suite .*nowhere\.toml"):
        schema.load(str(tmp_path / "nowhere.toml"))
    with pytest.raises(ValueError, match="unknown suite 'euclidian'; did you mean 'euclidean'"):
        schema.load("euclidian")


def test_an_unknown_preset_is_reported():
    with pytest.raises(ValueError, match="unknown preset 'quik'; did you mean 'quick'"):
        schema.load("euclidean").preset("quik")


def test_a_byte_order_mark_is_no_part_of_a_suite(tmp_path):
    assert schema.load(write(tmp_path, "\ufeff" + MINIMAL)).presets.smoke.n == 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("n = 100", "n = 10000001"), "less than or equal to 10000000"),
        (("seeds = 1", "seeds = 10001"), "less than or equal to 10000"),
    ],
)
def test_what_is_too_large_is_reported_with_the_limit(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        schema.load(write(tmp_path, MINIMAL.replace(*change, 1)))
