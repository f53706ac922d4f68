import dataclasses
import signal
import threading

import pytest
import torch

from mil_core.sampling import TaskSampler
from mil_core.stop_request import StopRequest
from mil_core.training import train


@pytest.fixture(autouse=True)
def ordinary_signals():
    """As for whoever types a command: tests that run in the background ignore Ctrl-C."""
    ordinary = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    earlier = {number: signal.signal(number, handler) for number, handler in ordinary.items()}
    yield
    for number, handler in earlier.items():
        signal.signal(number, handler)


class Stopping(TaskSampler):
    """Draws as usual, and in the middle of one step somebody wants the training to stop."""

    def __init__(self, number, at_draw, *args):
        super().__init__(*args)
        self.number, self.draws_left = number, at_draw

    def sample(self, rng):
        self.draws_left -= 1
        if self.draws_left == 0:
            signal.raise_signal(self.number)
        return super().sample(rng)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_stopped_loses_no_step(number, experiments, tasks, scaling, tmp_path):
    experiment, earlier, saved = experiments["mil"], signal.getsignal(number), []
    config = dataclasses.replace(experiment.training, iterations=4)
    about = tasks, scaling, experiment.policy, experiment.support, experiment.learning
    calm, stopping = TaskSampler(*about), Stopping(number, 2 * config.meta_batch, *about)

    def trained(sampler, folder, *, resume=False):
        torch.manual_seed(1)
        algorithm = experiment.build(scaling)
        train(algorithm, sampler, calm, config, folder, resume=resume, save=lambda _, at: saved.append(at))
        return algorithm

    whole = trained(calm, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt, match="step 2 is saved, --resume"):
        trained(stopping, tmp_path / "parts")
    assert signal.getsignal(number) is earlier
    parts = trained(calm, tmp_path / "parts", resume=True)
    assert saved == [4, 2, 4]
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_whoever_asks_twice_does_not_wait():
    with StopRequest() as stop:
        assert not stop.is_made
        signal.raise_signal(signal.SIGINT)
        assert stop.is_made
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGINT)
        assert not stop.is_made
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_thread_beside_the_main_one_asks_for_no_signals():
    heard = []

    def work():
        with StopRequest() as stop:
            heard.append(stop.is_made)

    earlier = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [False] and signal.getsignal(signal.SIGTERM) is earlier
