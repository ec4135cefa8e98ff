"""All buttons and menus that a click may come from, also from messages of an earlier run."""

from bot.discord_app.answer_items import LeafButton, OpenMenu, StudyButton
from bot.discord_app.job_items import JobButton
from bot.discord_app.privacy import DeleteButton
from bot.discord_app.rating_items import MeantButton, RateButton, UnrateButton
from bot.discord_app.server_stats import StatsButton
from bot.discord_app.settings_panel import SETTINGS_ITEMS
from bot.discord_app.undo_item import UndoButton

DYNAMIC_ITEMS = (
    OpenMenu,
    LeafButton,
    StudyButton,
    RateButton,
    UnrateButton,
    MeantButton,
    DeleteButton,
    JobButton,
    StatsButton,
    UndoButton,
    *SETTINGS_ITEMS,
)
