"""Answers with what botocore makes of files and command lines; one JSON document in, one out."""
import base64, configparser, json, os, sys, tempfile

from botocore.compat import compat_shell_split
from botocore.configloader import load_config
from botocore.exceptions import ConfigParseError
from botocore.session import Session

asked = json.load(sys.stdin)
path = os.path.join(tempfile.mkdtemp(), "config")


def read(content):
    with open(path, "wb") as file:
        file.write(base64.b64decode(content))
    try:
        profiles = load_config(path)["profiles"]
    except ConfigParseError:
        return None
    raw = configparser.RawConfigParser()
    raw.read([path])
    sections = {name: dict(raw._sections[name]) for name in raw.sections()}
    return {"sections": sections, "profiles": sorted(profiles)}


def split(command, platform):
    try:
        return compat_shell_split(command, platform)
    except ValueError:
        return None


def processes(content):
    """What each profile would start, through a whole session."""
    with open(path, "wb") as file:
        file.write(base64.b64decode(content))
    os.environ["AWS_CONFIG_FILE"] = path
    found = {}
    for name, keys in Session().full_config["profiles"].items():
        command = keys.get("credential_process")
        found[name] = [compat_shell_split(command, "linux") if command else None, keys.get("region")]
    return found


json.dump(
    {
        "files": [read(content) for content in asked["files"]],
        "commands": [[split(command, "linux"), split(command, "win32")] for command in asked["commands"]],
        "processes": [processes(content) for content in asked["processes"]],
    },
    sys.stdout,
)
