from gateway.imap.uploads import Uploads


def test_seats_are_taken_in_the_order_of_asking() -> None:
    uploads = Uploads(1)
    called: list[str] = []
    asks = {name: lambda name=name: called.append(name) for name in "abc"}
    assert uploads.enter(asks["a"])
    assert not uploads.enter(asks["b"])
    assert not uploads.enter(asks["c"])
    assert not uploads.enter(asks["b"])
    uploads.leave()
    assert called == ["b"]
    assert not uploads.enter(asks["c"])  # it is b's turn
    assert uploads.enter(asks["b"])
    uploads.leave()
    assert called == ["b", "c"]
    assert uploads.enter(asks["c"])


def test_whoever_gives_up_lets_the_next_one_in() -> None:
    uploads = Uploads(1)
    called: list[str] = []
    first, second, third = (lambda: None), (lambda: called.append("second")), (lambda: called.append("third"))
    assert uploads.enter(first)
    assert not uploads.enter(second)
    assert not uploads.enter(third)
    uploads.leave()
    uploads.give_up(second)
    assert called == ["second", "third"]
    assert uploads.enter(third)
    uploads.give_up(second)  # nothing to give up
    uploads.leave()
    assert uploads.enter(first)
