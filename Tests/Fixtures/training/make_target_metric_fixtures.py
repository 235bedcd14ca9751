"""Records scikit-learn's metrics of labels and of numbers in target_metrics.txt beside this file.

    python make_target_metric_fixtures.py       # scikit-learn, numpy

First labels: logits, 40 rows of 5; targets likewise; for each label precision, recall, F1, support, average
precision, the threshold of the highest F1 as a logit and that F1; then mean average precision, macro F1,
micro F1 and the share of rows that are right. Then numbers: outputs, 30 rows of 2; targets; for each
number mean absolute error, root mean squared error and R².
"""
import pathlib
import numpy as np
from sklearn import metrics

random = np.random.RandomState(5)
targets = (random.rand(40, 5) < [0.5, 0.2, 0.05, 0.8, 0.3]).astype(int)
# Label 2 is never said; some logits are equal.
logits = np.round((targets * 1.5 - 0.8 + random.randn(40, 5)) * 4) / 4
logits[:, 2] -= 6
logits = logits.astype(np.float32)
said = (logits >= 0).astype(int)
lines = [logits.flatten(), targets.flatten()]
p, r, f, s = metrics.precision_recall_fscore_support(targets, said, zero_division=0)
average = [metrics.average_precision_score(targets[:, k], logits[:, k]) for k in range(5)]
for k in range(5):
    precision, recall, thresholds = metrics.precision_recall_curve(targets[:, k], logits[:, k])
    f1 = np.array([0 if a + b == 0 else 2 * a * b / (a + b) for a, b in zip(precision, recall)])[:-1]
    best = max(np.flatnonzero(np.isclose(f1, f1.max(), rtol=1e-12)))
    lines.append([p[k], r[k], f[k], s[k], average[k], thresholds[best], f1[best]])
lines.append([
    np.mean(average), metrics.f1_score(targets, said, average="macro", zero_division=0),
    metrics.f1_score(targets, said, average="micro"), metrics.accuracy_score(targets, said)])

values = random.randn(30, 2) * [3, 200] + [10, -50]
outputs = values + random.randn(30, 2) * [1, 250]
values, outputs = values.astype(np.float32), outputs.astype(np.float32)
lines += [outputs.flatten(), values.flatten()]
for k in range(2):
    y, a = values[:, k].astype(float), outputs[:, k].astype(float)
    lines.append([
        metrics.mean_absolute_error(y, a), metrics.mean_squared_error(y, a) ** 0.5,
        metrics.r2_score(y, a)])
text = "\n".join(" ".join(f"{v:.17g}" for v in line) for line in lines)
pathlib.Path(__file__).with_name("target_metrics.txt").write_text(text + "\n")
