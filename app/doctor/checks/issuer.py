"""Fetches the keys of the issuer that people sign in with."""

from app.auth.issuer_keys import UNUSABLE, issuer_keys
from app.doctor.findings import Finding, failed, ok, skipped
from app.doctor.installation import Installation


async def check_issuer(installation: Installation) -> Finding:
    oidc = installation.settings.oidc()
    if oidc is None:
        return skipped("People sign in with the platform's own tokens only.")
    try:
        async with issuer_keys(
            issuer=oidc.issuer, jwks_url=oidc.jwks_url, trust=installation.settings.trust()
        ) as keys:
            number = await keys.fetch()
    except UNUSABLE as error:
        words = (str(error) or type(error).__name__).partition("\n")[0]
        return failed(
            f"The issuer {oidc.issuer} gives no keys ({words}): nobody can sign in with it.",
            "Mend STORE_PLATFORM_OIDC_ISSUER (or …_OIDC_JWKS_URL), or the issuer.",
        )
    if not number:
        return failed(
            f"The issuer {oidc.issuer} gives no key that signs: nobody can sign in with it.",
            "Give the issuer a key for signatures (use: sig).",
        )
    return ok(f"The issuer {oidc.issuer} gives {number} keys.")
