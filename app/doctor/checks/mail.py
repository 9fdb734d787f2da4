"""Signs in to the mail server of the shops, and sends nothing."""

import asyncio
import smtplib
import socket

import httpx

from app.doctor.cluster_names import is_known_in_the_cluster_alone, unknown_here
from app.doctor.findings import Finding, failed, ok, skipped, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.mail import MailSecurity, MailServer

_SECONDS = 5.0
_REMEDY = "Mend the settings STORE_PLATFORM_SMTP_…, or the server."


async def check_mail(installation: Installation) -> Finding:
    server = installation.settings.mail_server()
    if server is None:
        return skipped("Shops send no mail (STORE_PLATFORM_SMTP_HOST is unset).")
    place = f"{server.host}:{server.port}"
    try:
        await asyncio.to_thread(_sign_in, server)
    except smtplib.SMTPAuthenticationError as error:
        return failed(
            f"The mail server {place} refuses the shops' user or password ({error.smtp_code}).",
            "Mend STORE_PLATFORM_SMTP_USERNAME and STORE_PLATFORM_SMTP_PASSWORD.",
        )
    except (OSError, smtplib.SMTPException) as error:
        if isinstance(error, socket.gaierror) and is_known_in_the_cluster_alone(server.host):
            return skipped(unknown_here(place))
        words = str(error) or type(error).__name__
        return failed(f"The mail server {place} cannot be used: {words}.", _REMEDY)
    signed_in = ", and lets the shops sign in" if server.username is not None else ""
    good = ok(f"The mail server {place} answers{signed_in}.")
    if server.username is not None and server.security is MailSecurity.NONE:
        return worst([good, warning("The shops' password goes to it without TLS.", _REMEDY)])
    return good


def _sign_in(server: MailServer) -> None:
    context = httpx.create_ssl_context()  # the certificates that the platform trusts elsewhere
    if server.security is MailSecurity.TLS:
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=_SECONDS, context=context
        )
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    with client:
        if server.security is MailSecurity.STARTTLS:
            client.starttls(context=context)
        if server.username is not None:
            client.login(server.username, server.password)
