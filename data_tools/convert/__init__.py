"""Converting demonstrations to and from the formats of other projects."""

from data_tools.convert import act, lerobot_v3, lerobot_v21, mcap, minari, own, robomimic
from data_tools.convert.format import Format

FORMATS: dict[str, Format] = {
    "mil": own.FORMAT,
    "robomimic": robomimic.FORMAT,
    "lerobot_v21": lerobot_v21.FORMAT,
    "lerobot_v3": lerobot_v3.FORMAT,
    "act": act.FORMAT,
    "minari": minari.FORMAT,
    "mcap": mcap.FORMAT,
}
"""Name, as in `mil convert --to NAME`, -> format."""
