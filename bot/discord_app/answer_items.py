"""The menu and the buttons under an answer."""

import re
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.discord_app import render
from bot.discord_app.components import (
    CODE,
    GONE,
    LOOK,
    PAGE,
    QUERY,
    VERSE,
    Button,
    Interaction,
    Select,
    asked_by,
    look_in,
    look_name,
    query_in,
)
from bot.discord_app.handling import handling, in_time, replace, respond, tell
from bot.discord_app.markup import shorten
from bot.discord_app.rating_items import RateButton
from bot.discord_app.studies import STUDIES, Study, read
from bot.store.ids import to_base36
from bot.store.preferences import Style
from bot.store.ratings import Shown
from index.books import display
from index.results import Hit

if TYPE_CHECKING:
    from bot.service import Answer

_STUDY = rf"(?P<study>{'|'.join(STUDIES)})"


class OpenMenu(discord.ui.DynamicItem[Select], template=rf"v1:open:{QUERY}:{LOOK}"):
    """Opens another of the verses found, in place of the one on show."""

    def __init__(
        self, query_id: int, style: Style, hits: tuple[Hit, ...] = (), on_show: Hit | None = None
    ) -> None:
        options = [
            discord.SelectOption(
                label=f"{rank}. {display(hit.verse_id)}",
                value=str(hit.verse_id),
                description=shorten(hit.text, 100),
                default=hit is on_show,
            )
            for rank, hit in enumerate(hits, start=1)
        ]
        custom_id = f"v1:open:{to_base36(query_id)}:{look_name(style, numbers=True)}"
        super().__init__(
            discord.ui.Select(custom_id=custom_id, placeholder="Open another", options=options, row=0)
        )
        self.query_id = query_id
        self.style = style

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The menu that was used, from what its id says."""
        return cls(query_in(match), look_in(match)[0])

    async def callback(self, interaction: Interaction) -> None:
        """Shows the verse chosen: to all when the asker chose, otherwise to whoever did."""
        async with handling(interaction) as client:
            mine = asked_by(interaction)
            answer = await in_time(interaction, client.service.recall(self.query_id), update=mine)
            chosen = int(self.item.values[0])
            hit = (
                next((hit for hit in answer.result.hits if hit.verse_id == chosen), None) if answer else None
            )
            if answer is None or hit is None:
                await tell(interaction, GONE)
                return
            drawn = render.draw_answer(answer.result, hit, client.translations, self.style)
            view = answer_view(answer, hit, self.style)
            shown = Shown(answer.query_id, hit.verse_id)
            await client.service.note_opening(shown, client.person(interaction))
            if mine:
                await replace(interaction, drawn, view)
                if interaction.message is not None and not interaction.message.flags.ephemeral:
                    await client.service.store.ratings.show(interaction.message.id, shown)
            else:
                await respond(interaction, drawn, view, private=True)


class LeafButton(discord.ui.DynamicItem[Button], template=rf"v1:leaf:{QUERY}:{LOOK}:{PAGE}"):
    """Goes to another page of a passage that was looked up."""

    def __init__(self, query_id: int, style: Style, numbers: bool, page: int, label: str = "") -> None:
        custom_id = f"v1:leaf:{to_base36(query_id)}:{look_name(style, numbers=numbers)}:{page}"
        super().__init__(discord.ui.Button(label=label or "Page", custom_id=custom_id, row=0))
        self.query_id = query_id
        self.style = style
        self.numbers = numbers
        self.page = page

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(query_in(match), *look_in(match), int(match["page"]))

    async def callback(self, interaction: Interaction) -> None:
        """Turns the page: for all when the asker did, otherwise for whoever did."""
        async with handling(interaction) as client:
            mine = asked_by(interaction)
            answer = await in_time(interaction, client.service.recall(self.query_id), update=mine)
            if answer is None or not render.is_passage(answer.result):
                await tell(interaction, GONE)
                return
            drawn, view = passage(answer, self.page, client.translations, self.style, self.numbers)
            if mine:
                await replace(interaction, drawn, view)
            else:
                await respond(interaction, drawn, view, private=True)


class StudyButton(discord.ui.DynamicItem[Button], template=rf"v1:study:{_STUDY}:{VERSE}:{CODE}:{PAGE}"):
    """Shows what is around a verse, or another page of that."""

    def __init__(self, study: Study, verse_id: int, code: str, page: int = 0, label: str = "") -> None:
        custom_id = f"v1:study:{study}:{verse_id}:{code}:{page}"
        super().__init__(
            discord.ui.Button(label=label or STUDIES[study], custom_id=custom_id, row=0 if label else 1)
        )
        self.study: Study = study
        self.verse_id = verse_id
        self.code = code
        self.page = page

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        study: Any = match["study"]
        return cls(study, int(match["verse"]), match["code"], int(match["page"]), item.label)

    async def callback(self, interaction: Interaction) -> None:
        """Shows it to whoever clicked; turning a page replaces the page before."""
        async with handling(interaction) as client:
            reading = await client.service.look(read(self.study, self.verse_id, self.code))
            pages = len(reading.pages())
            page = min(self.page, pages - 1)
            view = study_view(self.study, self.verse_id, self.code, page, pages)
            embed = reading.embed(page)
            if self.item.label != STUDIES[self.study]:
                await interaction.response.edit_message(embed=embed, view=view)
            else:
                await interaction.response.send_message(embed=embed, view=view, ephemeral=True)


def answer_view(answer: "Answer", on_show: Hit, style: Style) -> discord.ui.View:
    """What goes under an answer that shows that verse."""
    view = discord.ui.View(timeout=None)
    hits = answer.result.hits
    if len(hits) > 1:
        view.add_item(OpenMenu(answer.query_id, style, hits, on_show))
    add_studies(view, on_show.verse_id, on_show.translation)
    _add_ratings(view, answer, on_show.verse_id)
    return view


def study_view(study: Study, verse_id: int, code: str, page: int, pages: int) -> discord.ui.View:
    """What goes under one page, counted from 0, of what is around a verse."""
    view = discord.ui.View(timeout=None)
    for label, other in (("◀", page - 1), ("▶", page + 1)):
        if 0 <= other < pages:
            view.add_item(StudyButton(study, verse_id, code, other, label))
    return view


def passage(
    answer: "Answer", page: int, translations: dict[str, str], style: Style, numbers: bool
) -> tuple[render.Drawn, discord.ui.View]:
    """One page of a passage that was looked up, and what goes under it."""
    drawn, pages = render.draw_passage(answer.result, page, translations, style, numbers=numbers)
    view = discord.ui.View(timeout=None)
    for label, other in (("◀", page - 1), ("▶", page + 1)):
        if 0 <= other < pages:
            view.add_item(LeafButton(answer.query_id, style, numbers, other, label))
    first = answer.result.hits[0]
    add_studies(view, first.verse_id, first.translation)
    _add_ratings(view, answer, first.verse_id)
    return drawn, view


def add_studies(view: discord.ui.View, verse_id: int, code: str) -> None:
    """Adds the buttons that show what is around a verse."""
    for study in STUDIES:
        view.add_item(StudyButton(study, verse_id, code))


def _add_ratings(view: discord.ui.View, answer: "Answer", verse_id: int) -> None:
    if answer.kept:
        view.add_item(RateButton(Shown(answer.query_id, verse_id), 1))
        view.add_item(RateButton(Shown(answer.query_id, verse_id), -1))
