"""Which product to offer to whom: item-based collaborative filtering over "who uses what"."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

RANDOM_SEED = 1


def recommend(
    usage,
    similarity="cosine",
    neighbours=20,
    min_support=25,
    shrinkage=5.0,
    popularity_weight=0.1,
    top_n=3,
    exclude=(),
    only_new=True,
    people="all",
    person=None,
    min_products=1,
    test_share=100.0,
    table_rows=20_000,
):
    matrix, names, products = usage_matrix(usage, list(exclude or ()), min_support)
    print(f"{len(names):,} people, {len(products)} products with at least {min_support} users")
    likeness = item_similarity(matrix, similarity, shrinkage)
    scores = score(matrix, likeness, neighbours, popularity_weight)

    print("::progress 0.5 measuring with products held back")
    hits, tried = hit_rate(matrix, similarity, shrinkage, neighbours, popularity_weight, top_n, test_share)

    chosen = matrix.sum(axis=1) >= min_products
    if people == "one":
        if person not in set(names):
            raise ValueError(f"“{person}” is not in the data. Choose one of its {len(names):,} people.")
        chosen = names == person
    table = top_products(matrix, scores, names, products, chosen, top_n, only_new)
    pairs = similar_pairs(likeness, products)
    return {
        "recommendations": table.head(int(table_rows)),
        "similarity": pairs,
        "hit_rate": 100 * hits / tried if tried else float("nan"),
        "popular_rate": 100 * popular_hit_rate(matrix, top_n, test_share),
        "people_served": float(chosen.sum()),
        "popularity": draw(matrix, products),
    }


def usage_matrix(usage, exclude, min_support):
    """People × products, 1 = uses it."""
    data = usage[["person", "brand"]].dropna().astype(str).drop_duplicates()
    data = data[~data["brand"].isin(exclude)]
    support = data["brand"].value_counts()
    kept = sorted(support.index[support >= min_support])
    if len(kept) < 2:
        raise ValueError(
            f"Only {len(kept)} product(s) have {min_support} users or more. Lower the fewest users, or exclude less."
        )
    names, rows = np.unique(data["person"].to_numpy(), return_inverse=True)
    columns = pd.Categorical(data["brand"], categories=kept).codes
    matrix = np.zeros((len(names), len(kept)))
    matrix[rows[columns >= 0], columns[columns >= 0]] = 1.0
    used = matrix.sum(axis=1) > 0
    return matrix[used], names[used], np.array(kept)


def item_similarity(matrix, kind, shrinkage):
    """How alike two products are by the people who use both; few common users count less."""
    both = matrix.T @ matrix
    users = np.diag(both)
    if kind == "cosine":
        likeness = both / np.maximum(np.sqrt(np.outer(users, users)), 1e-12)
    elif kind == "jaccard":
        likeness = both / np.maximum(users[:, None] + users[None, :] - both, 1e-12)
    else:
        expected = np.maximum(np.outer(users, users) / len(matrix), 1e-12)
        likeness = np.clip(np.log2(np.maximum(both, 1e-9) / expected), 0, None)
    likeness = likeness * both / np.maximum(both + shrinkage, 1e-12)
    np.fill_diagonal(likeness, 0.0)
    return likeness


def score(matrix, likeness, neighbours, popularity_weight):
    """For each person and product: likeness to the products that the person uses, plus a little popularity."""
    count = min(int(neighbours), likeness.shape[0] - 1)
    cut = np.sort(likeness, axis=0)[-count]
    near = np.where(likeness >= cut[None, :], likeness, 0.0)
    share = matrix.mean(axis=0)
    return matrix @ near / np.maximum(near.sum(axis=0), 1e-12) + popularity_weight * share


def held_back(matrix, test_share):
    """One product held back of each of a fixed random share of the people who use at least two."""
    random = np.random.default_rng(RANDOM_SEED)
    people = np.flatnonzero(matrix.sum(axis=1) >= 2)
    people = np.sort(random.permutation(people)[: max(1, int(len(people) * test_share / 100))])
    items = np.array([random.choice(np.flatnonzero(matrix[p])) for p in people], dtype=int)
    rest = matrix.copy()
    rest[people, items] = 0.0
    return rest, people, items


def hit_rate(matrix, similarity, shrinkage, neighbours, popularity_weight, top_n, test_share):
    """How often the product held back is among the first recommendations."""
    rest, people, items = held_back(matrix, test_share)
    if len(people) == 0:
        return 0, 0
    scores = score(rest, item_similarity(rest, similarity, shrinkage), neighbours, popularity_weight)[people]
    scores[rest[people] > 0] = -np.inf
    first = np.argsort(-scores, axis=1, kind="stable")[:, : int(top_n)]
    return int((first == items[:, None]).any(axis=1).sum()), len(people)


def popular_hit_rate(matrix, top_n, test_share):
    """The same for the simplest rule: offer what most people use."""
    rest, people, items = held_back(matrix, test_share)
    if len(people) == 0:
        return float("nan")
    scores = np.tile(rest.mean(axis=0), (len(people), 1))
    scores[rest[people] > 0] = -np.inf
    first = np.argsort(-scores, axis=1, kind="stable")[:, : int(top_n)]
    return float((first == items[:, None]).any(axis=1).mean())


def top_products(matrix, scores, names, products, chosen, top_n, only_new):
    ranked = scores[chosen].copy()
    if only_new:
        ranked[matrix[chosen] > 0] = -np.inf
    order = np.argsort(-ranked, axis=1, kind="stable")[:, : int(top_n)]
    who = np.repeat(names[chosen], order.shape[1])
    table = pd.DataFrame(
        {
            "person": who,
            "rank": np.tile(np.arange(1, order.shape[1] + 1), int(chosen.sum())),
            "product": products[order.ravel()],
            "score": np.take_along_axis(ranked, order, axis=1).ravel().round(6),
            "uses": np.repeat(matrix[chosen].sum(axis=1).astype(int), order.shape[1]),
        }
    )
    return table[np.isfinite(table["score"])].reset_index(drop=True)


def similar_pairs(likeness, products):
    a, b = np.meshgrid(products, products, indexing="ij")
    return pd.DataFrame({"product": a.ravel(), "other": b.ravel(), "similarity": likeness.ravel().round(6)})


def draw(matrix, products):
    share = 100 * matrix.mean(axis=0)
    order = np.argsort(share)
    figure, axes = plt.subplots(figsize=(7, 0.32 * len(products) + 1))
    axes.barh(products[order], share[order], color="#2f6f9f")
    axes.set_xlabel("people who use it (%)")
    axes.set_title("How common each product is")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure
