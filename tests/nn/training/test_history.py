"""The history of a training: plain lists, which can be printed, kept and written."""

import csv
import pickle

from nn import SGD, History, Neuron, fit, loss

PAIR = [[0.0], [1.0]], [0.0, 1.0]


def history(epochs=3, **settings):
    neuron = Neuron(1, activation="sigmoid", rng=1)
    return fit(neuron, *PAIR, loss.quadratic, SGD(neuron.parameters(), 0.5), epochs, seed=0,
               progress=False, **settings)  # fmt: skip


def test_every_epoch_has_one_number_in_every_requested_list():
    plain = history()
    assert (len(plain), plain.epoch) == (3, [1, 2, 3])
    assert [len(x) for x in (plain.loss, plain.lr, plain.seconds)] == [3, 3, 3]
    assert plain.metric == plain.val_loss == plain.val_metric == []
    full = history(metric="accuracy", validation=PAIR)
    assert [len(x) for x in (full.metric, full.val_loss, full.val_metric)] == [3, 3, 3]
    assert full.loss == plain.loss


def test_the_repr_of_a_history_says_in_a_line_how_it_went():
    text = repr(history(metric="accuracy", validation=PAIR))
    assert text.startswith("History(3 epochs in ")
    for part in ("loss 0.", "accuracy 0", "val_loss 0.", "val_accuracy 0"):
        assert part in text
    assert repr(history(1)).startswith("History(1 epoch in ")
    assert repr(History()) == "History(no epochs)"
    assert repr(history(callbacks=lambda s: setattr(s, "stop", True))).endswith(
        "; stopped: callback)"
    )


def test_the_best_epoch_is_by_validation_where_there_is_any():
    made = History(epoch=[1, 2, 3], loss=[3.0, 2.0, 1.0])
    assert made.best_epoch == 3
    made.val_loss = [0.5, 0.25, 0.75]
    assert made.best_epoch == 2
    assert History().best_epoch is None


def test_a_history_is_true_even_of_no_epochs():
    assert History()
    assert len(History()) == 0


def test_a_pickle_and_a_csv_hold_the_same_numbers(tmp_path):
    made = history(metric="accuracy")
    assert pickle.loads(pickle.dumps(made)) == made
    made.to_csv(tmp_path / "h.csv")
    with open(tmp_path / "h.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "loss", "metric", "lr", "seconds"]
    assert [float(row["loss"]) for row in rows] == made.loss
