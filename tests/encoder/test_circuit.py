from encoder.circuit import CircuitBreaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_probes_and_closes() -> None:
    clock = Clock()
    breaker = CircuitBreaker(threshold=3, open_s=2.0, clock=clock)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert not breaker.allows()
    clock.now += 2
    assert breaker.allows()  # the probe
    assert not breaker.allows()
    breaker.failed()
    clock.now += 2
    assert breaker.allows()
    breaker.succeeded()
    assert all(breaker.allows() for _ in range(10))


def test_only_failures_in_a_row_open_it() -> None:
    breaker = CircuitBreaker(threshold=2, open_s=1.0)
    for _ in range(10):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


def test_a_probe_that_never_comes_back_does_not_close_the_door() -> None:
    clock = Clock()
    breaker = CircuitBreaker(threshold=1, open_s=1.0, clock=clock)
    breaker.failed()
    for _ in range(5):
        clock.now += 1
        assert breaker.allows()
        assert not breaker.allows()
