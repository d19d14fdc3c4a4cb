"""The Debian packages whose voices, recordings and sentences the corpus is made of."""

import os
import shutil
import subprocess

from ..base.errors import UserError

PACKAGES = (
    "flite",
    "espeak-ng",
    "libespeak-ng1",
    "ffmpeg",
    "festival",
    "festvox-kallpc16k",
    "festvox-kdlpc16k",
    "festvox-us-slt-hts",
    "festvox-italp16k",
    "festvox-itapc16k",
    "festvox-czech-dita",
    "festvox-czech-machac",
    "festvox-czech-ph",
    "festvox-czech-krb",
    "festvox-suopuhe-lj",
    "festvox-suopuhe-mv",
    "festvox-ca-ona-hts",
    "festvox-ru",
    "asterisk-core-sounds-en",
    "asterisk-core-sounds-en-g722",
    "asterisk-core-sounds-es",
    "asterisk-core-sounds-es-g722",
    "asterisk-core-sounds-fr",
    "asterisk-core-sounds-fr-g722",
    "asterisk-core-sounds-it",
    "asterisk-core-sounds-it-g722",
    "asterisk-core-sounds-ru",
    "asterisk-core-sounds-ru-g722",
    "tuxpaint-stamps-default",
    "warzone2100-data",
    "klettres-data",
    "ktuberling-data",
    "qabcs-data",
    "fortunes",
    "fortunes-br",
    "fortunes-cs",
    "fortunes-de",
    "fortunes-es",
    "fortunes-it",
    "fortunes-pl",
    "fortunes-ru",
)

_WAIT_SECONDS = 600  # for another installation that holds dpkg's lock


def install_command() -> list[str]:
    """The command that installs `PACKAGES`, with sudo for users who are not root."""
    prefix = ["sudo"] if hasattr(os, "geteuid") and os.geteuid() != 0 else []
    wait = ("-o", f"DPkg::Lock::Timeout={_WAIT_SECONDS}")
    return [*prefix, "apt-get", *wait, "install", "--yes", "--no-install-recommends", *PACKAGES]


def install() -> None:
    """Install `PACKAGES`. Raises `UserError` without apt-get or if it fails."""
    if shutil.which("apt-get") is None:
        raise UserError("The corpus is made of Debian packages; run this on Debian or Ubuntu.")
    try:
        subprocess.run(install_command(), check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"Installing failed ({error}); run 'apt-get update' and retry.") from error
