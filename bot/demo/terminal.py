"""Writing the demo's week to a terminal, as people would read it."""

from __future__ import annotations

import sys
import textwrap

from bot.localslack.driver import Modal, Seen

WIDTH = 100


def heading(text: str) -> None:
    """A new station of the week."""
    print(f"\n{_bold(text)}\n{'─' * min(len(text), WIDTH)}")


def tell(text: str) -> None:
    """A sentence between messages."""
    print(textwrap.fill(text, WIDTH))


def show(message: Seen, *, to: str = "") -> None:
    """A message with a bar beside it; its buttons below. `to`: whose direct message it is."""
    if message.ephemeral:
        title = f"{message.author}, only to you"
    elif message.where == message.author:
        title = f"{message.author} to {to}" if to else message.author
    else:
        title = f"{message.author} in #{message.where}"
    _framed(title, message.text, message.buttons)


def show_thread(messages: list[Seen]) -> None:
    """A thread: the root, then its replies, indented."""
    root, *replies = messages
    show(root)
    for reply in replies:
        _framed(f"↳ {reply.author}", reply.text, reply.buttons, indent="      ")


def show_dialog(modal: Modal) -> None:
    """An open dialog: its words, its fields with what stands in them, its errors."""
    lines = [modal.text] if modal.text else []
    for label, field in modal.fields.items():
        value = ", ".join(field.value) if isinstance(field.value, list) else field.value or ""
        choices = f"   ({' | '.join(field.options)})" if field.options else ""
        lines.append(f"{label}: {value or '…'}{choices}{'' if field.error is None else '   ✗ ' + field.error}")
        if field.hint:
            lines.append(f"    {field.hint}")
    buttons = [label for label in (modal.submit_label, modal.close_label) if label]
    _framed(f"dialog “{modal.title}”", "\n".join(lines), buttons)


def _framed(title: str, text: str, buttons: list[str], *, indent: str = "  ") -> None:
    print(f"{indent}┌ {_dim(title)}")
    for line in text.splitlines():
        for part in textwrap.wrap(line, WIDTH - len(indent) - 2, replace_whitespace=False) or [""]:
            print(f"{indent}│ {part}")
    if buttons:
        print(f"{indent}│ " + "  ".join(f"[{label}]" for label in buttons))
    print(f"{indent}└")


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def _dim(text: str) -> str:
    return f"\033[2m{text}\033[0m" if sys.stdout.isatty() else text
