"""Inputs of fit: valid, or an error that names the input and the remedy."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch

import estimators
from estimators.points import check_points

X = np.hstack([np.random.default_rng(0).standard_normal((60, 3)), np.zeros((60, 2))])
FRAME = pd.DataFrame(X, columns=list("abcde"))
TENSOR = torch.from_numpy(X)

TAKEN = {
    "list": X.tolist(),
    "float32": X.astype(np.float32),
    "objects": X.astype(object),
    "matrix": np.asmatrix(X),
    "frame": FRAME,
    "frame of nullable numbers": FRAME.convert_dtypes(),
    "frame of sparse columns": pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csr_matrix(X)),
    "frame of objects": FRAME.astype(object),
    "tensor": TENSOR,
    "tensor with a gradient": TENSOR.clone().requires_grad_(),
    "result of a graph": TENSOR.clone().requires_grad_() * 1.0,
    "list of tensors with a gradient": list(TENSOR.clone().requires_grad_()),
    "bfloat16": TENSOR.bfloat16(),
    "float16": TENSOR.half(),
}


@pytest.mark.parametrize("what", TAKEN)
def test_numbers_are_taken_from_whatever_holds_them(what):
    points = check_points(TAKEN[what], "X")
    assert points.dtype == np.float64
    np.testing.assert_allclose(points, X, rtol=1e-2)
    if "16" not in what and "32" not in what:
        np.testing.assert_array_equal(points, X)


REFUSED = {
    "csr matrix": (scipy.sparse.csr_matrix(X), r"it is a sparse csr_matrix; .*X\.toarray\(\)"),
    "coo array": (scipy.sparse.coo_array(X), r"it is a sparse coo_array; .*X\.toarray\(\)"),
    "sparse tensor": (TENSOR.to_sparse(), r"it is a sparse Tensor; .*X\.to_dense\(\)"),
    "complex tensor": (TENSOR.to(torch.complex64), "some are complex"),
    "structured": (np.zeros(5, dtype=[("a", float), ("b", float)]), "structured_to_unstructured"),
    "generator": ((row for row in X), r"it is a generator; use numpy\.array\(list\(X\)\)"),
    "column of words": (FRAME.assign(cell="x"), r"1 of 6 columns hold no real numbers \('cell'\)"),
    "column of dates": (
        FRAME.assign(t=pd.date_range("2020", periods=60)),
        r"1 of 6 columns hold no real numbers \('t'\); drop or encode them",
    ),
    "categories": (
        FRAME.assign(a=pd.Categorical(["u", "v"] * 30)),
        r"1 of 5 columns hold no real numbers \('a'\)",
    ),
    "missing in a nullable column": (
        FRAME.convert_dtypes().mask(FRAME.convert_dtypes() > 1),
        r"rows of X have NaN or infinity, the first is row \d+, in column \d \('[abc]'\)",
    ),
    "missing in an array": (
        np.where(np.arange(60)[:, None] == [7, -1, -1, -1, -1], np.nan, X),
        "the first is row 7, in column 0$",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_taken_is_named_with_the_way_out(what):
    given, message = REFUSED[what]
    with pytest.raises(ValueError, match=f"TwoNN needs .*{message}"):
        estimators.get("twonn").fit(given)
