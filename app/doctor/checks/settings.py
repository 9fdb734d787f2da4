"""Looks at settings that are valid each by itself, and wrong together or with the files beside."""

from app.doctor.findings import Finding, failed, ok, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.engines import EngineCatalogue
from provisioner.domain.errors import ConfigurationError


async def check_settings(installation: Installation) -> Finding:
    """Read the engines as the service does at its start; set ``installation.catalogue``."""
    settings = installation.settings
    try:
        settings.shop_url.format(name="shop")
    except (AttributeError, IndexError, KeyError, ValueError):
        return failed(f"The shops' address {settings.shop_url} cannot be filled in.", _ADDRESS)
    try:
        platform = settings.platform()
        installation.catalogue = EngineCatalogue.load(
            platform.engine_folders,
            platform.unavailable_engines,
            platform.work.values_files,
            platform.plan_prices,
        )
    except ConfigurationError as error:
        return failed(str(error), "Mend it: the service does not start before.")
    engines = ", ".join(installation.catalogue)
    good = ok(f"The settings can be read, and there are engines: {engines}.")
    return worst([good, *_doubts(installation)])


_ADDRESS = "Set STORE_PLATFORM_SHOP_URL to an address such as https://{name}.shops.example.com."


def _doubts(installation: Installation) -> list[Finding]:
    settings = installation.settings
    found = []
    if "{name}" not in settings.shop_url:
        found.append(failed(f"All shops would have the address {settings.shop_url}.", _ADDRESS))
    folder = settings.chart_values
    if folder is not None and not folder.is_dir():
        found.append(
            warning(
                f"There is no folder {folder}: every engine's own values hold.",
                "Set STORE_PLATFORM_CHART_VALUES to the folder with <engine>.yaml.",
            )
        )
    files = sorted(folder.glob("*.yaml")) if folder is not None else []
    if strangers := [file.name for file in files if file.stem not in installation.catalogue]:
        found.append(
            warning(
                f"No engine has the values in {', '.join(strangers)}: they change nothing.",
                f"Name the files after engines: {', '.join(installation.catalogue)}.",
            )
        )
    return found
