"""What each fault at each endpoint does to a run: for test_fault_matrix.py and docs/faults.md."""

from dataclasses import dataclass
from itertools import product

from solaredge_simulator.fault_kinds import KINDS

ALL = (
    "sites", "equipment", "batteries", "meters",
    "energy_readings", "power_readings", "power_flows", "meter_readings", "battery_readings",
    "inverter_readings", "alerts", "environmental_benefits",
)  # fmt: skip
LIST = "list of sites"
V2_SITE, V1_SITE = "/v2/sites/{site}", "/site/{site}"
NEEDS = {
    "v2": {
        "/v2/sites": (),
        V2_SITE: ("sites",),
        f"{V2_SITE}/devices": ("equipment", "meters"),
        f"{V2_SITE}/energy": ("energy_readings",),
        f"{V2_SITE}/power": ("power_readings", "power_flows"),
        f"{V2_SITE}/meters/telemetry": ("energy_readings", "power_flows", "meter_readings"),
        f"{V2_SITE}/storage/telemetry": ("batteries", "energy_readings", "power_flows", "battery_readings"),
        f"{V2_SITE}/inverters/telemetry": ("inverter_readings",),
        f"{V2_SITE}/alerts": ("alerts",),
        f"{V2_SITE}/environmental-benefits": ("environmental_benefits",),
    },
    "v1": {
        "/sites/list": (),
        f"{V1_SITE}/inventory": ("equipment", "meters"),
        f"{V1_SITE}/energy": ("energy_readings",),
        f"{V1_SITE}/power": ("power_readings", "power_flows"),
        f"{V1_SITE}/powerDetails": ("energy_readings", "power_readings", "power_flows", "meter_readings"),
        f"{V1_SITE}/energyDetails": ("energy_readings", "power_readings", "power_flows", "meter_readings"),
        f"{V1_SITE}/meters": ("energy_readings", "power_readings", "power_flows", "meter_readings"),
        f"{V1_SITE}/storageData": (
            *("batteries", "energy_readings", "power_readings", "power_flows"),
            "battery_readings",
        ),
        f"{V1_SITE}/currentPowerFlow": (),
        f"{V1_SITE}/envBenefits": ("environmental_benefits",),
        "/equipment/{site}/{serial}/data": ("inverter_readings",),
    },
}
"""Endpoint to the streams that fail without its answer; slow lists of an earlier run serve the others."""
OF_DEVICES = tuple(
    name for name in ALL if name not in {"sites", "power_readings", "alerts", "environmental_benefits"}
)
REFUSED_TO = {
    V2_SITE: ALL,
    f"{V2_SITE}/devices": OF_DEVICES,
    f"{V1_SITE}/inventory": OF_DEVICES,
    f"{V2_SITE}/meters/telemetry": ("power_flows", "meter_readings"),
    f"{V2_SITE}/storage/telemetry": ("batteries", "power_flows", "battery_readings"),
    **dict.fromkeys(
        (f"{V1_SITE}/powerDetails", f"{V1_SITE}/energyDetails", f"{V1_SITE}/meters"),
        ("power_readings", "power_flows", "meter_readings"),
    ),
}
"""The streams that are skipped where a call is not permitted, where they are others."""
BUSY = frozenset(
    {
        *(
            "429_seconds",
            "429_date",
            "429_silent",
            "500",
            "502",
            "503",
            "504",
            "reset_before",
            "reset_inside",
        ),
        *("slow", "truncated", "html_200", "empty"),
        *("408", "425", "503_seconds", "html_403", "html_405", "301", "302", "307", "308"),
    }
)
UNREADABLE = frozenset(
    {
        ("wrong_types", V2_SITE),
        ("wrong_types", f"{V2_SITE}/devices"),
        ("wrong_types", f"{V1_SITE}/inventory"),
        ("missing_keys", f"{V2_SITE}/alerts"),
    }
)
"""Where a fault only costs values that steer nothing."""
BROKEN = frozenset({"json_string", "wrong_types", "missing_keys", "range_too_long"})
REFUSED = frozenset({"forbidden", "not_found"})
LISTS = frozenset({"/v2/sites", "/sites/list"})
LIVE = f"{V1_SITE}/currentPowerFlow"


@dataclass(frozen=True)
class Cell:
    """One fault at one endpoint, and what a run makes of it."""

    dialect: str
    endpoint: str
    kind: str

    def __str__(self):
        return f"{self.dialect} {self.kind} at {self.endpoint}"

    @property
    def status(self):
        """What state says of the streams that are hit: error, skipped, or None where none is."""
        if (self.kind, self.endpoint) in {*UNREADABLE, ("missing_keys", LIVE)}:
            return None  # what is not told, or cannot be read, is null
        if self.kind in BUSY | BROKEN:
            return "error"
        return "skipped" if self.kind in REFUSED or self.kind == "site_gone" else None

    @property
    def ends_the_run(self):
        return self.kind in {"expired_key", "429_credits"}

    @property
    def streams(self):
        """The streams of the site that fail or are skipped."""
        hit = NEEDS[self.dialect][self.endpoint]
        if self.status == "skipped":
            hit = REFUSED_TO.get(self.endpoint, hit)
        return hit if self.status else ()

    @property
    def code(self):
        """The exit code."""
        if self.kind == "expired_key":
            return 1
        if self.endpoint in LISTS:
            return int(self.kind in BUSY | BROKEN | REFUSED)
        return int(self.status == "error" and bool(self.streams))

    @property
    def told(self):
        """The cell of the table."""
        return f"{self._outcome}, exit {self.code}"

    @property
    def _outcome(self):
        if self.ends_the_run:
            return "stops" if self.code else "ends"
        if self.endpoint in LISTS and (self.code or self.kind == "site_gone"):
            return "older list" if self.code else "site left out"
        if not self.streams:
            return "left out" if self.status else "nothing is lost"
        names = "all" if len(self.streams) == len(ALL) else ", ".join(self.streams)
        return f"{names} {'fail' if self.status == 'error' else 'skipped'}"


ELSEWHERE = frozenset(
    {
        *("drip", "endless", "gzip_bomb", "odd_date", "twice_with_null", "empty_list", "short_page"),
        *("in_utc", "rewritten", "cut", "node", "node_gone", "node_twice", "node_random"),
    }
)
"""Kinds with tests of their own, such as test_refusals.py, test_bounds.py and test_devices_read.py."""
KINDS_HERE = [kind for kind in KINDS if kind not in ELSEWHERE]
CELLS = [
    Cell(dialect, endpoint, kind)
    for dialect, needs in NEEDS.items()
    for endpoint, kind in product(needs, KINDS_HERE)
]


def chosen(dialect, step):
    """Return every step-th cell of a dialect, so that all kinds and all endpoints are among them."""
    places = product(enumerate(NEEDS[dialect]), enumerate(KINDS_HERE))
    return [
        Cell(dialect, endpoint, kind)
        for (row, endpoint), (column, kind) in places
        if (row + column) % step == 0
    ]


def table(dialect):
    """Return the matrix of one dialect in Markdown: kinds with the same row share it."""
    rows = {}
    for kind in KINDS_HERE:
        told = tuple(cell.told for cell in CELLS if (cell.dialect, cell.kind) == (dialect, kind))
        rows.setdefault(told, []).append(f"`{kind}`")
    endpoints = [f"`{endpoint}`" for endpoint in NEEDS[dialect]]
    lines = [f"| Fault | {' | '.join(endpoints)} |", f"|:--{'|:--' * len(endpoints)}|"]
    lines += [f"| {', '.join(kinds)} | {' | '.join(told)} |" for told, kinds in rows.items()]
    return "\n".join(lines)
