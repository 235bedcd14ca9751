"""Records scikit-learn's classification metrics and SciPy's Wilson intervals in metrics.txt.

    python make_metric_fixtures.py

First the matrix: labels, predictions, counts row by row, then for each class precision, recall, F1
and support, then macro F1. Then lines `wilson <successes> <trials> <lower> <upper>`.
"""
import pathlib
import random
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

random.seed(5)
# Class 3 is never predicted, class 4 never occurs but is predicted.
labels = [random.choice([0, 0, 0, 1, 1, 2, 3]) for _ in range(200)]
predictions = [y if random.random() < 0.7 and y != 3 else random.choice([0, 1, 2, 4]) for y in labels]
names = range(5)
p, r, f, s = precision_recall_fscore_support(labels, predictions, labels=names, zero_division=0)
lines = [labels, predictions, confusion_matrix(labels, predictions, labels=names).flatten().tolist()]
lines += [[p[k], r[k], f[k], s[k]] for k in names]
lines += [[f1_score(labels, predictions, labels=names, average="macro", zero_division=0)]]
text = [" ".join(str(v) for v in line) for line in lines]
for k, n in [(0, 10), (10, 10), (1, 3), (50, 100), (146, 153), (999, 1000), (1, 1), (0, 1)]:
    interval = binomtest(k, n).proportion_ci(method="wilson")
    text.append(f"wilson {k} {n} {interval.low!r} {interval.high!r}")
pathlib.Path(__file__).with_name("metrics.txt").write_text("\n".join(text).replace("np.float64(", "").replace(")", "") + "\n")
