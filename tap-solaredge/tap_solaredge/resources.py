"""What can be asked of the service. Pure."""

from enum import StrEnum


class Resource(StrEnum):
    """What can be asked about a site; each name is a field of `Answers`."""

    DETAILS = "details"
    DEVICES = "devices"
    LIFETIME_STORAGE = "lifetime_storage"
    POWER = "power"
    METERS = "meters"
    STORAGE = "storage"
    INVERTERS = "inverters"
    ENERGY = "energy"
    METER_ENERGY = "meter_energy"
    STORAGE_ENERGY = "storage_energy"
    SNAPSHOT = "snapshot"
    ALERTS = "alerts"
    BENEFITS = "benefits"
