"""Limits of buttons, menus and forms (Discord's documentation, "Component reference")."""

from collections.abc import Sequence

from tests.loopback.errors import JSON, Form
from tests.loopback.message import ComponentKind, walk

ROWS = 5
ROW_WIDTH = 5  # a button is 1 wide, a menu or a text input 5
CUSTOM_ID = 100
BUTTON_LABEL = 80
OPTIONS = 25
OPTION_TEXT = 100
PLACEHOLDER = 150
MODAL_TITLE = TEXT_LABEL = 45
MODAL_ROWS = 5
TEXT_VALUE = 4000
TEXT_PLACEHOLDER = 100
V2_COMPONENTS = 40
LINK_STYLE, PREMIUM_STYLE = 5, 6
Path = tuple[str | int, ...]


def check_rows(form: Form, rows: Sequence[JSON], path: Path) -> None:
    """Notes every fault of an ordinary message's components: rows of buttons or of one menu."""
    form.count(path, list(rows), 0, ROWS)
    for index, row in enumerate(rows):
        if row.get("type") != ComponentKind.ACTION_ROW:
            form.fault((*path, index, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1}.")
            continue
        _check_row(form, row, (*path, index))
    _check_custom_ids(form, rows, path)


def check_layout(form: Form, components: Sequence[JSON], path: Path) -> None:
    """Notes every fault of a message built of components alone (flag IS_COMPONENTS_V2)."""
    form.count(path, list(walk(components)), 1, V2_COMPONENTS)
    for index, component in enumerate(components):
        for item in walk([component]):
            if item.get("type") == ComponentKind.ACTION_ROW:
                _check_row(form, item, (*path, index))
    _check_custom_ids(form, components, path)


def check_modal(form: Form, modal: JSON, path: Path) -> None:
    """Notes every fault of a form."""
    form.length((*path, "custom_id"), modal.get("custom_id"), 1, CUSTOM_ID)
    form.length((*path, "title"), modal.get("title"), 1, MODAL_TITLE)
    rows = modal.get("components", [])
    form.count((*path, "components"), rows, 1, MODAL_ROWS)
    for index, row in enumerate(rows):
        place = (*path, "components", index)
        if row.get("type") == ComponentKind.LABEL:
            form.length((*place, "label"), row.get("label"), 1, TEXT_LABEL)
            form.length((*place, "description"), row.get("description"), 0, OPTION_TEXT)
            _check_item(form, row["component"], (*place, "component"))
        else:
            for column, item in enumerate(row.get("components", ())):
                inner = (*place, "components", column)
                if item.get("type") == ComponentKind.TEXT_INPUT:
                    form.length((*inner, "label"), item.get("label"), 1, TEXT_LABEL)
                _check_item(form, item, inner)
    _check_custom_ids(form, rows, (*path, "components"))


def _check_row(form: Form, row: JSON, path: Path) -> None:
    items = row.get("components", [])
    form.count((*path, "components"), items, 1, ROW_WIDTH)
    width = sum(1 if item.get("type") == ComponentKind.BUTTON else ROW_WIDTH for item in items)
    if width > ROW_WIDTH:
        message = f"The specified component exceeds the maximum width of {ROW_WIDTH}"
        form.fault((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
    for column, item in enumerate(items):
        _check_item(form, item, (*path, "components", column))


def _check_item(form: Form, item: JSON, path: Path) -> None:
    kind = item.get("type")
    if kind == ComponentKind.BUTTON:
        _check_button(form, item, path)
        return
    form.length((*path, "custom_id"), item.get("custom_id"), 1, CUSTOM_ID)
    if kind == ComponentKind.TEXT_INPUT:
        form.length((*path, "value"), item.get("value"), 0, TEXT_VALUE)
        form.length((*path, "placeholder"), item.get("placeholder"), 0, TEXT_PLACEHOLDER)
        return
    form.length((*path, "placeholder"), item.get("placeholder"), 0, PLACEHOLDER)
    if not 0 <= item.get("min_values", 1) <= item.get("max_values", 1) <= OPTIONS:
        form.fault((*path, "min_values"), "NUMBER_TYPE_MAX", "Must not be above max_values (25 at most).")
    if kind == ComponentKind.STRING_SELECT:
        _check_options(form, item, path)


def _check_button(form: Form, button: JSON, path: Path) -> None:
    form.length((*path, "label"), button.get("label"), 0, BUTTON_LABEL)
    style = button.get("style")
    if style == LINK_STYLE:
        form.length((*path, "url"), button.get("url"), 1, 512)
    elif style != PREMIUM_STYLE:
        form.length((*path, "custom_id"), button.get("custom_id"), 1, CUSTOM_ID)
    if style != PREMIUM_STYLE and not button.get("label") and not button.get("emoji"):
        form.fault(path, "BUTTON_COMPONENT_INVALID", "A label or emoji is required.")


def _check_options(form: Form, menu: JSON, path: Path) -> None:
    options = menu.get("options", [])
    form.count((*path, "options"), options, 1, OPTIONS)
    if menu.get("max_values", 1) > len(options):
        form.fault((*path, "max_values"), "NUMBER_TYPE_MAX", "Must not be above the number of options.")
    seen: set[str] = set()
    for index, option in enumerate(options):
        place = (*path, "options", index)
        form.length((*place, "label"), option.get("label"), 1, OPTION_TEXT)
        form.length((*place, "value"), option.get("value"), 1, OPTION_TEXT)
        form.length((*place, "description"), option.get("description"), 0, OPTION_TEXT)
        if option.get("value") in seen:
            message = "The specified option value is already used"
            form.fault((*place, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        seen.add(option.get("value"))
    if sum(bool(option.get("default")) for option in options) > menu.get("max_values", 1):
        form.fault((*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", "Too many default values.")


def _check_custom_ids(form: Form, components: Sequence[JSON], path: Path) -> None:
    seen: set[str] = set()
    for item in walk(components):
        custom_id = item.get("custom_id")
        if custom_id in seen:
            message = f"Component custom id cannot be duplicated: {custom_id}"
            form.fault(path, "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        if custom_id is not None:
            seen.add(custom_id)
