"""The ways in which a notification reaches people: a command, a webhook, a mail, or whatever the library apprise reaches."""

from __future__ import annotations

import json
import os
import shlex
import smtplib
import ssl
import subprocess
import urllib.error
import urllib.request
from email.message import EmailMessage
from string import Template
from typing import TYPE_CHECKING

from assettui.model.errors import AssettuiError
from assettui.model.text import one_line
from assettui.notify.message import as_json, text, title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.incident import Email, Notification

TIMEOUT_S = 30.0
"""So long one notification may take."""


class NotSent(AssettuiError):
    """A notification could not be sent: why, in one line."""


def send(notification: Notification, environment: Mapping[str, str]) -> None:
    """Send one notification, and wait until it is sent.

    Args:
        notification: What is told, and how.
        environment: What `$NAME` stands for.

    Raises:
        NotSent: It could not be.
    """
    rule = notification.rule
    try:
        if rule.command is not None:
            _run(rule.command, notification, environment)
        elif rule.webhook is not None:
            _post(_filled(rule.webhook, environment), notification)
        elif rule.email is not None:
            _mail(rule.email, notification, environment)
        elif rule.apprise is not None:
            urls = [rule.apprise] if isinstance(rule.apprise, str) else rule.apprise
            _by_apprise([_filled(url, environment) for url in urls], notification)
    except (OSError, ValueError, smtplib.SMTPException, subprocess.SubprocessError) as error:
        raise NotSent(one_line(f"{type(error).__name__}: {error}", 300)) from error


def _filled(given: str, environment: Mapping[str, str]) -> str:
    """A text with what the environment says.

    Raises:
        NotSent: A variable is not set.
    """
    try:
        return Template(given).substitute(environment)
    except KeyError as error:
        raise NotSent(
            f"the environment variable {error.args[0]} is not set",
            hint=f"set it, or write it to .env: {error.args[0]}=…",
        ) from error
    except ValueError as error:
        raise NotSent(f"{given!r:.60} has a $ that names no variable", hint="write $$ for a $") from error


def _run(command: str | tuple[str, ...], notification: Notification, environment: Mapping[str, str]) -> None:
    arguments = shlex.split(command) if isinstance(command, str) else list(command)
    told = {
        "ASSETTUI_PROJECT": notification.project,
        "ASSETTUI_TITLE": title(notification),
        "ASSETTUI_TEXT": text(notification),
    }
    done = subprocess.run(
        [_filled(each, {**environment, **told}) for each in arguments],
        input=json.dumps(as_json(notification)),
        env={**os.environ, **environment, **told},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NotSent(f"{arguments[0]} ended with {done.returncode}{f': {one_line(said[-1], 200)}' if said else ''}")


def _post(url: str, notification: Notification) -> None:
    if not url.startswith(("http://", "https://")):
        raise NotSent(f"{url!r:.60} is no URL of a webhook", hint="it begins with https://")
    data = json.dumps(as_json(notification)).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "assettui"}
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            pass
    except urllib.error.HTTPError as error:
        raise NotSent(f"the webhook answered {error.code} {error.reason}") from error


def _mail(email: Email, notification: Notification, environment: Mapping[str, str]) -> None:
    message = EmailMessage()
    message["Subject"] = title(notification)
    message["From"] = _filled(email.sender, environment)
    recipients = [email.to] if isinstance(email.to, str) else list(email.to)
    message["To"] = ", ".join(_filled(each, environment) for each in recipients)
    message.set_content(text(notification))
    host, _, port = _filled(email.server, environment).partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=TIMEOUT_S) as server:
        server.ehlo()
        if email.starttls and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif email.starttls and email.user is not None:
            raise NotSent(
                f"{host} does not encrypt, so the password is not sent", hint="starttls = false sends it anyway"
            )
        if email.user is not None:
            server.login(_filled(email.user, environment), _filled(email.password or "", environment))
        server.send_message(message)


def _by_apprise(urls: list[str], notification: Notification) -> None:
    try:
        import apprise  # pyright: ignore[reportMissingImports] - an extra
    except ImportError as error:
        raise NotSent("the library apprise is not installed", hint="pip install 'assettui[apprise]'") from error
    sender = apprise.Apprise()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    for url in urls:
        if not sender.add(url):  # pyright: ignore[reportUnknownMemberType]
            raise NotSent(f"apprise does not know {url.partition(':')[0]}:…")
    if not sender.notify(title=title(notification), body=text(notification)):  # pyright: ignore[reportUnknownMemberType]
        raise NotSent("apprise could not send it")
