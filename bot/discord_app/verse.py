"""The commands everybody uses: /verse, /passage, /compare, /random, and "Find this verse" on a message."""

from typing import Any

import discord
from discord import app_commands

from bot.discord_app import completion
from bot.discord_app.answer_items import add_studies, study_view
from bot.discord_app.answering import answer_question, channels_of
from bot.discord_app.handling import handling, respond
from bot.discord_app.render import Drawn, draw_chosen
from bot.discord_app.studies import read
from bot.errors import BadQuery
from bot.passages import references_in
from bot.random_verse import random_verse
from index.books import display
from index.reference import Reference, parse_reference

Interaction = discord.Interaction[Any]
TranslationCode = app_commands.Range[str, 1, 20]
ReferenceText = app_commands.Range[str, 1, 100]

_LONGEST_QUERY = 2_000  # characters; more than any verse
_LONGEST_QUOTE = 500  # of a message in which somebody quotes a verse

_everywhere = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
_installed = app_commands.allowed_installs(guilds=True, users=True)
_TRANSLATION = "Which translation to show"
_PRIVATE = "Show the answer to you alone"


@app_commands.command(description="Find the verse you half remember, or look one up.")
@app_commands.describe(
    query="Words you remember, what it says, or a reference such as John 3:16",
    translation=_TRANSLATION,
    book="Stay in one book or group: Psalms, Romans, gospels",
    testament="Stay in one testament",
    private=_PRIVATE,
)
@app_commands.choices(
    testament=[
        app_commands.Choice(name="Old Testament", value="ot"),
        app_commands.Choice(name="New Testament", value="nt"),
    ]
)
@app_commands.autocomplete(translation=completion.translations, book=completion.books)
@_installed
@_everywhere
async def verse(
    interaction: Interaction,
    query: app_commands.Range[str, 1, _LONGEST_QUERY],
    translation: TranslationCode | None = None,
    book: app_commands.Range[str, 1, 40] | None = None,
    testament: str | None = None,
    private: bool | None = None,
) -> None:
    """Answers with the best verse, or with what is wrong."""
    async with handling(interaction):
        await answer_question(
            interaction, query, translation=translation, book=book, testament=testament, private=private
        )


@app_commands.command(description="Read a passage: a verse, some verses or a whole chapter.")
@app_commands.describe(
    reference="Psalm 23, John 3:16-18, 1 Cor 13", translation=_TRANSLATION, private=_PRIVATE
)
@app_commands.autocomplete(translation=completion.translations)
@_installed
@_everywhere
async def passage(
    interaction: Interaction,
    reference: ReferenceText,
    translation: TranslationCode | None = None,
    private: bool | None = None,
) -> None:
    """Shows what a reference means."""
    async with handling(interaction):
        _parsed(reference)
        await answer_question(interaction, reference, translation=translation, private=private)


@app_commands.command(description="Read one verse in every translation.")
@app_commands.describe(reference="John 3:16", private=_PRIVATE)
@_installed
@_everywhere
async def compare(interaction: Interaction, reference: ReferenceText, private: bool | None = None) -> None:
    """Shows a verse in all translations that have it."""
    async with handling(interaction) as client:
        client.cooldown.take(interaction.user.id)
        verse_id, *more = _parsed(reference).verse_ids
        if more:
            raise BadQuery(f"I compare one verse at a time; write for example {display(verse_id)}.")
        looks = await client.service.looks(
            client.person(interaction), private=private, channels=channels_of(interaction)
        )
        reading = await client.service.look(read("compare", verse_id, looks.translation))
        view = study_view("compare", verse_id, looks.translation, 0, len(reading.pages()))
        await respond(interaction, Drawn(embed=reading.embed(0)), view, private=looks.private)


@app_commands.command(name="random", description="A verse by chance, of a theme if you name one.")
@app_commands.describe(
    theme="What it should be about: hope, friendship, fear", translation=_TRANSLATION, private=_PRIVATE
)
@app_commands.autocomplete(translation=completion.translations)
@_installed
@_everywhere
async def random_(
    interaction: Interaction,
    theme: app_commands.Range[str, 1, 100] | None = None,
    translation: TranslationCode | None = None,
    private: bool | None = None,
) -> None:
    """Draws a verse."""
    async with handling(interaction) as client:
        client.cooldown.take(interaction.user.id)
        looks = await client.service.looks(
            client.person(interaction),
            translation=translation,
            private=private,
            channels=channels_of(interaction),
        )
        hit = await random_verse(client.service, theme, looks.translation)
        view = discord.ui.View(timeout=None)
        add_studies(view, hit.verse_id, hit.translation)
        drawn = draw_chosen(hit, client.translations, looks.style)
        await respond(interaction, drawn, view, private=looks.private)


@app_commands.context_menu(name="Find this verse")
@_installed
@_everywhere
async def find_this_verse(interaction: Interaction, message: discord.Message) -> None:
    """Finds the verse that a message quotes; for the person who asks alone."""
    async with handling(interaction):
        # A reference says more surely than any words which verse a message is about.
        quoted = references_in(message.content) or message.content.strip()[:_LONGEST_QUOTE]
        if not quoted:
            raise BadQuery("There are no words in that message that I could search for.")
        # Another person's words are searched for and forgotten.
        mine = message.author.id == interaction.user.id
        await answer_question(interaction, quoted, private=True, keep=mine)


COMMANDS: tuple[Any, ...] = (verse, passage, compare, random_, find_this_verse)


def _parsed(reference: str) -> Reference:
    parsed = parse_reference(reference)
    if parsed is None:
        raise BadQuery("That is not a reference I can read; write one such as Psalm 23 or John 3:16-18.")
    return parsed
