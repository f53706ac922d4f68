"""A disarmed safety gate ends the run that is watched, and nothing else does or is."""

import threading

import pytest
from mil_interfaces.msg import SafetyState
from mil_nodes import gate_news
from mil_nodes.gate_news import DISARMED, GateNews
from mil_safety.gate import State

ENDING = [SafetyState.UNARMED, SafetyState.FAULT, SafetyState.ESTOP]
GOING_ON = [SafetyState.ACTIVE, SafetyState.LIMITING, SafetyState.HOLDING]


def test_every_state_ends_a_run_or_lets_it_go_on() -> None:
    assert sorted(ENDING + GOING_ON) == sorted(State)
    assert set(DISARMED) == set(ENDING)


@pytest.mark.parametrize("state", ENDING)
def test_a_gate_that_disarms_ends_the_run_at_once_and_says_why(state: int) -> None:
    stop = threading.Event()
    news = GateNews(stop)
    news.put(SafetyState.ACTIVE, "")
    with news.watching():
        assert not stop.is_set() and news.why_ended == ""
        news.put(state, "stopped by the operator")
        assert stop.is_set()
        news.put(SafetyState.ACTIVE, "")
        assert stop.is_set(), "armed again is no reason to go on"
    for words in ("stopped by the operator", "expected it armed", "safety_gate/arm", "run again"):
        assert words in news.why_ended


@pytest.mark.parametrize("state", GOING_ON)
def test_a_gate_that_will_go_on_by_itself_ends_nothing(state: int) -> None:
    stop = threading.Event()
    news = GateNews(stop)
    news.put(SafetyState.ACTIVE, "")
    with news.watching():
        news.put(state, "no fresh command from the policy")
    assert not stop.is_set() and news.why_ended == ""


def test_without_a_word_of_the_gate_there_is_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_news, "DISCOVERY_S", 0.1)
    stop = threading.Event()
    news = GateNews(stop)
    with news.watching():
        assert stop.is_set()
    assert "found no word of it" in news.why_ended


def test_the_first_word_of_the_gate_is_waited_for() -> None:
    stop = threading.Event()
    news = GateNews(stop)
    timer = threading.Timer(gate_news.ARMING_S + 0.2, news.put, (SafetyState.HOLDING, ""))
    timer.start()
    with news.watching():
        assert not stop.is_set()
    timer.join()


@pytest.mark.parametrize("state", ENDING)
def test_a_run_that_begins_with_a_disarmed_gate_ends_before_its_first_step(state: int) -> None:
    stop = threading.Event()
    news = GateNews(stop)
    news.put(state, "")
    assert not stop.is_set(), "nobody runs yet"
    with news.watching():
        assert stop.is_set()
    assert "expected it armed" in news.why_ended


def test_the_word_of_an_arming_may_come_after_the_run_was_asked_for() -> None:
    stop = threading.Event()
    news = GateNews(stop)
    news.put(SafetyState.UNARMED, "")
    timer = threading.Timer(0.1, news.put, (SafetyState.HOLDING, ""))
    timer.start()
    with news.watching():
        assert not stop.is_set()
    timer.join()


def test_what_was_canceled_before_was_not_ended_by_the_gate() -> None:
    stop = threading.Event()
    news = GateNews(stop)
    news.put(SafetyState.ACTIVE, "")
    with news.watching():
        stop.set()
        news.put(SafetyState.ESTOP, "")
    assert news.why_ended == ""


def test_a_run_after_it_has_its_own_end() -> None:
    stop = threading.Event()
    news = GateNews(stop)
    news.put(SafetyState.ACTIVE, "")
    with news.watching():
        news.put(SafetyState.ESTOP, "")
    stop.clear()
    news.put(SafetyState.ESTOP, "")
    assert not stop.is_set(), "nobody runs any more"
    news.put(SafetyState.HOLDING, "")
    with news.watching():
        assert not stop.is_set()
    assert news.why_ended == ""
