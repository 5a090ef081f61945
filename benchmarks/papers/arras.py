"""Word deletion and document vectors of Arras et al. 2016, on the 20 Newsgroups test posts.

    python benchmarks/papers/arras.py FOLDER_WITH_THE_ARCHIVE --model models/newsgroups-cnn/model.h5 --out arras

It prints the tables, says whether the paper's orderings hold for this model, and writes deletion.png, vectors.png and
results.json to the folder. Protocol: posts of at least 100 words; a deleted word's vector is zero; the posts, the
classes and the order of deletion of experiments A, B and C are defined in lrp/text/deletion.py. Document vectors are
made for the class that the model chooses, have unit length, and are judged by the true class of their neighbours.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from arras_windows import Windows

import lrp
from lrp.text import ARRAS, TextModel, newsgroups, relevances
from lrp.text.deletion import deletion_curve, random_ranking, ranking
from lrp.text.vectors import (
    document_vector,
    inverse_document_frequency,
    neighbour_accuracy,
    principal_components,
    unit_length,
)

Curves = dict[str, list[float]]
Settings = dict[str, Any]
METHODS: dict[str, Settings] = {
    "LRP": {"method": "lrp", "composite": ARRAS},
    "SA": {"method": "squared_gradient"},
    "GI": {"method": "gradient_times_input"},
}
COUNTS = (0, 1, 2, 3, 5, 10, 15, 20, 30, 40, 50)
LEAST = 100  # words of a post that takes part in the deletion experiments
DRAWS = 10
CHECKED = 32  # posts on which the shortcut is compared with the network, at every fifth count
TOP, FOUND = 10, 5
NEIGHBOURS = (1, 3, 5, 10, 20, 30)


@dataclass(frozen=True, eq=False)
class Posts:
    """The test posts as word numbers, their true classes, and the classes that the model gives them."""

    texts: list[np.ndarray]
    labels: np.ndarray
    chosen: np.ndarray

    def some(self, which: np.ndarray) -> "Posts":
        """The posts at the given indices."""
        return Posts([self.texts[i] for i in which], self.labels[which], self.chosen[which])


def read(model: TextModel, folder: Path, split: str, most: int | None) -> tuple[list[np.ndarray], np.ndarray]:
    """Word numbers and labels of a split; `most` posts of it, evenly spread, for a quick look."""
    posts = newsgroups.read(folder, split)
    posts = posts[:: max(1, len(posts) // most)] if most else posts
    labels = np.array([model.classes.index(post.group) for post in posts])
    return [model.encode(model.read(post.text, post.name)) for post in posts], labels


def words_by(model: TextModel, texts: Sequence[np.ndarray], targets: np.ndarray, method: Settings) -> list[np.ndarray]:
    """R_t of each text, in the order of the texts."""
    found = {one.index: one.relevance for one in relevances(model, texts, targets, **method)}
    return [found[index] for index in range(len(texts))]


def curve(model: TextModel, posts: Posts, rankings: Sequence[np.ndarray]) -> np.ndarray:
    """Accuracy after deletion, by the shortcut where the network allows it; a sample of it is checked each time."""
    windows = Windows.of(model)
    if windows is None:
        return deletion_curve(model.classify, posts.texts, rankings, posts.labels, COUNTS)
    sample = (posts.texts[:CHECKED], rankings[:CHECKED], posts.labels[:CHECKED], COUNTS[::5])
    if not np.array_equal(windows.curve(*sample), deletion_curve(model.classify, *sample)):
        raise SystemExit("the shortcut of arras_windows.py does not agree with the network")
    return windows.curve(posts.texts, rankings, posts.labels, COUNTS)


def deletions(model: TextModel, posts: Posts, targets: np.ndarray, descending: bool, seed: int) -> Curves:
    """Accuracy against the number of deleted words, for each method and for the mean of the random draws."""
    curves = {}
    for name, method in METHODS.items():
        found = words_by(model, posts.texts, targets, method)
        curves[name] = curve(model, posts, [ranking(R, text, descending) for R, text in zip(found, posts.texts)])
    rng = np.random.default_rng(seed)
    drawn = [curve(model, posts, [random_ranking(text, rng) for text in posts.texts]) for _ in range(DRAWS)]
    curves["random"] = np.mean(drawn, axis=0)
    curves["random, standard deviation"] = np.std(drawn, axis=0, ddof=1)
    return {name: curve.tolist() for name, curve in curves.items()}


def vectors(model: TextModel, posts: Posts, idf: np.ndarray) -> dict[str, np.ndarray]:
    """The document vectors of every kind, (n, d) and of unit length."""
    shape = (len(posts.texts), model.network.shapes[model.embedding][-1])
    kinds: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(shape))
    for name, method in METHODS.items():
        for one in relevances(model, posts.texts, posts.chosen, **method):
            kinds[f"{name} element-wise"][one.index] = document_vector(one.elements, one.vectors)
            kinds[name][one.index] = document_vector(one.relevance, one.vectors)
            kinds["tf-idf"][one.index] = document_vector(idf[one.numbers], one.vectors)
            kinds["uniform"][one.index] = document_vector(np.ones(len(one.numbers)), one.vectors)
    return {name: unit_length(kind) for name, kind in kinds.items()}


def class_words(model: TextModel, posts: Posts, method: Settings) -> dict[str, list[str]]:
    """For each class the TOP words of largest mean relevance over its posts; FOUND of these at least hold the word."""
    sums: dict[tuple[int, int], list[float]] = defaultdict(list)
    for one in relevances(model, posts.texts, posts.labels, **method):
        for number in np.unique(one.numbers[one.known]):
            sums[one.target, int(number)].append(float(one.relevance[one.numbers == number].mean()))
    means = sorted(((np.mean(v), c, w) for (c, w), v in sums.items() if len(v) >= FOUND), reverse=True)
    lists: dict[str, list[str]] = {name: [] for name in model.classes}
    for _, c, word in means:
        if len(lists[model.classes[c]]) < TOP:
            lists[model.classes[c]].append(model.vocabulary.words[word - 2])
    return lists


def table(title: str, curves: Curves) -> str:
    """The curves as text, a row a method, accuracies in percent."""
    rows = [title, f"{'deleted words':28}" + "".join(f"{count:7d}" for count in COUNTS)]
    return "\n".join(rows + [f"{name:28}" + "".join(f"{100 * y:7.2f}" for y in ys) for name, ys in curves.items()])


def verdict(name: str, holds: Callable[[int], bool]) -> str:
    """Whether an ordering holds at every number of deleted words but 0, and where it does not."""
    fails = [str(count) for i, count in enumerate(COUNTS) if count and not holds(i)]
    return f"{name}: " + ("holds at every count" if not fails else f"does NOT hold at {', '.join(fails)} deleted words")


def verdicts(results: dict[str, Curves]) -> list[str]:
    """The paper's claims, each with what was found."""
    a, b, c = (results[key] for key in "ABC")
    return [
        verdict("A: acc(LRP) < acc(SA)", lambda i: a["LRP"][i] < a["SA"][i]),
        verdict("A: acc(SA) < acc(random)", lambda i: a["SA"][i] < a["random"][i]),
        verdict("B: acc(LRP) > acc(SA)", lambda i: b["LRP"][i] > b["SA"][i]),
        verdict("B: acc(LRP) > acc(random)", lambda i: b["LRP"][i] > b["random"][i]),
        verdict("C: acc(LRP) > acc(SA)", lambda i: c["LRP"][i] > c["SA"][i]),
        verdict("A: acc(LRP) < acc(GI)", lambda i: a["LRP"][i] < a["GI"][i]),
        verdict("B: acc(LRP) > acc(GI)", lambda i: b["LRP"][i] > b["GI"][i]),
    ]


def draw_deletions(results: dict[str, Curves], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 3.8), layout="constrained")
    titles = {"A": "A: right posts, most relevant first", "B": "B: wrong posts, true class, least relevant first",
              "C": "C: wrong posts, chosen class, most relevant first"}  # fmt: skip
    for axes, (key, curves) in zip(figure.subplots(1, 3), results.items()):
        for name, ys in curves.items():
            if "deviation" not in name:
                axes.plot(COUNTS, ys, marker=".", label=name)
        axes.set_title(titles[key], fontsize="medium")
        axes.set(xlabel="deleted words", ylabel="accuracy")
        axes.legend()
    figure.savefig(path, dpi=100)


def draw_vectors(
    kinds: dict[str, np.ndarray], accuracies: dict[str, dict[int, float]], labels: np.ndarray, path: Path
) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 8), layout="constrained")
    for axes, (name, kind) in zip(figure.subplots(2, 4).flat, kinds.items()):
        x, y = principal_components(kind).T
        axes.scatter(x, y, c=labels, cmap="tab20", s=3, linewidths=0)
        axes.set(title=f"{name}: {100 * max(accuracies[name].values()):.1f} %", xticks=[], yticks=[])
    figure.savefig(path, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"the folder with {newsgroups.ARCHIVE}")
    parser.add_argument("--model", type=Path, default=Path("models/newsgroups-cnn/model.h5"))
    parser.add_argument("--out", type=Path, default=Path("arras"))
    parser.add_argument("--posts", type=int, help="take about so many posts only, for a quick look")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()

    def say(text: str) -> None:
        print(f"[{time.perf_counter() - started:6.1f} s] {text}", flush=True)

    model = TextModel.of(lrp.load(options.model, dtype="float32"))
    texts, labels = read(model, options.data, "test", options.posts)
    posts = Posts(texts, labels, model.classify(texts))
    right = posts.chosen == labels
    long = np.array([len(text) >= LEAST for text in texts])
    say(
        f"{len(texts)} test posts, {100 * right.mean():.2f} % classified correctly; {long.sum()} have {LEAST} words or "
        f"more, {100 * right[long].mean():.2f} % of them are classified correctly"
    )
    for name, method in METHODS.items():
        begun, used = time.perf_counter(), time.process_time()
        words_by(model, texts, posts.chosen, method)
        say(
            f"{name}: relevances of all {len(texts)} posts in {time.perf_counter() - begun:.1f} s, "
            f"{time.process_time() - used:.1f} s of processor time"
        )

    good, bad = posts.some(np.flatnonzero(long & right)), posts.some(np.flatnonzero(long & ~right))
    results = {}
    for key, part, targets, descending in (
        ("A", good, good.labels, True), ("B", bad, bad.labels, False), ("C", bad, bad.chosen, True),
    ):  # fmt: skip
        results[key] = deletions(model, part, targets, descending, ord(key))
        say(table(f"experiment {key}, {len(part.texts)} posts: accuracy in %", results[key]) + "\n")
    draw_deletions(results, options.out / "deletion.png")
    found = verdicts(results)
    say("\n".join(found) + "\n")

    train, _ = read(model, options.data, "train", options.posts)
    kinds = vectors(model, posts, inverse_document_frequency(train, len(model.vocabulary)))
    accuracies = {
        name: neighbour_accuracy(kind, labels, NEIGHBOURS, 10, np.random.default_rng(0)) for name, kind in kinds.items()
    }
    say("nearest neighbours: mean accuracy in % over 10 random halves; the largest is the explanatory power index\n"
        + f"{'k':18}" + "".join(f"{k:7d}" for k in NEIGHBOURS) + "    max\n"
        + "\n".join(f"{name:18}" + "".join(f"{100 * y:7.2f}" for y in (*ys.values(), max(ys.values())))
                    for name, ys in accuracies.items()) + "\n")  # fmt: skip
    draw_vectors(kinds, accuracies, labels, options.out / "vectors.png")
    lists = {name: class_words(model, posts, METHODS[name]) for name in ("LRP", "SA")}
    for name, words in lists.items():
        say(f"most relevant words by {name}\n" + "\n".join(f"{c:26} {' '.join(w)}" for c, w in words.items()) + "\n")
    document = {"counts": COUNTS, "deletion": results, "verdicts": found, "neighbours": accuracies, "words": lists}
    (options.out / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    say(f"written to {options.out}")


if __name__ == "__main__":
    main()
