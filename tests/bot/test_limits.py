import pytest

from bot.cooldown import Cooldown
from bot.discord_app.limits import Crowd
from bot.errors import NotAllowed


def test_a_person_who_asks_too_often_waits_and_others_do_not() -> None:
    cooldown = Cooldown(uses=2, per_s=60)
    cooldown.take(1)
    cooldown.take(1)
    with pytest.raises(NotAllowed, match="<t:"):
        cooldown.take(1)
    cooldown.take(2)


def test_a_cooldown_ends() -> None:
    cooldown = Cooldown(uses=1, per_s=1e-9)
    for _ in range(100):
        cooldown.take(1)


def test_one_server_cannot_take_all_of_the_bot() -> None:
    crowd = Crowd(most=1)
    with crowd.admit(1):
        with pytest.raises(NotAllowed, match="try again"), crowd.admit(1):
            pass
        with crowd.admit(2), crowd.admit(None), crowd.admit(None):
            pass
    with pytest.raises(ValueError), crowd.admit(1):  # a failure gives the place back too
        raise ValueError
    with crowd.admit(1):
        pass
