"""Who may train, rebuild and see all: the application's owner or team, and VERSE_ADMIN_IDS."""

import discord

from bot.errors import NotAllowed

_MAY_ACT = (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)


class Keepers:
    """The people who keep this installation; `learn` who owns the application before asking."""

    def __init__(self, admin_ids: frozenset[int]) -> None:
        self._named = admin_ids
        self._owners: frozenset[int] = frozenset()

    def learn(self, application: discord.AppInfo) -> None:
        """Takes the owner, or of a team its owner and those members who may change the application."""
        if (team := application.team) is None:
            self._owners = frozenset({application.owner.id})
            return
        members = {
            member.id
            for member in team.members
            if member.membership_state is discord.TeamMembershipState.accepted and member.role in _MAY_ACT
        }
        self._owners = frozenset(members | ({team.owner_id} if team.owner_id else set()))

    def include(self, user_id: int) -> bool:
        """Whether that person keeps this installation."""
        return user_id in self._named or user_id in self._owners

    def check(self, user_id: int) -> None:
        """Raises `NotAllowed` for everybody else."""
        if not self.include(user_id):
            raise NotAllowed("Only the people who run this bot can do that.")
