"""What the panels ask: one SQL text each, for PostgreSQL and MariaDB alike, with Grafana's macros in it.

`$__timeFilter` and `$__timeGroupAlias` are spelled out by Grafana's data source, in the words of its
database; `${site:sqlstring}` is the chosen site. A time axis needs instants, which Grafana shows in the
dashboard's time zone: days and months, the site's own, are texts instead. Units are those of the views.
"""

from __future__ import annotations

from typing import Final

SITES: Final = "SELECT name AS __text, id AS __value FROM sites ORDER BY name"

NOW: Final = """\
SELECT CAST(local_time AS CHAR(16)) AS "Site's clock", pv_power AS "Sun", load_power AS "House",
       grid_power AS "Grid", storage_power AS "Battery", storage_charge_level AS "Charge"
FROM latest_flow
WHERE site_id = ${site:sqlstring}"""

NEWEST_DAY: Final = """\
SELECT CAST(day AS CHAR(10)) AS "Day", production_wh AS "Produced", consumption_wh AS "Used",
       feed_in_wh AS "Fed in", purchased_wh AS "Bought"
FROM energy_by_day
WHERE site_id = ${site:sqlstring} AND production_wh IS NOT NULL
ORDER BY day DESC
LIMIT 1"""

FLEET: Final = """\
SELECT newest.site_name AS "Site", CAST(newest.day AS CHAR(10)) AS "Newest day",
       d.production_wh AS "Produced", m.production_wh AS "Produced this month",
       m.production_wh / 1000 / NULLIF(s.peak_power, 0) AS "kWh per kWp this month",
       f.timestamp AS "Newest data"
FROM (
    SELECT site_id, site_name, MAX(day) AS day
    FROM energy_by_day
    WHERE production_wh IS NOT NULL
    GROUP BY site_id, site_name
) AS newest
JOIN sites AS s ON s.id = newest.site_id
JOIN energy_by_day AS d ON d.site_id = newest.site_id AND d.day = newest.day
JOIN energy_by_month AS m
    ON m.site_id = newest.site_id AND CAST(m.month AS CHAR(7)) = CAST(newest.day AS CHAR(7))
LEFT JOIN latest_flow AS f ON f.site_id = newest.site_id
ORDER BY 5 DESC, 1"""

POWER: Final = """\
SELECT $__timeGroupAlias(timestamp, $__interval), AVG(pv_power) AS "Sun", AVG(load_power) AS "House",
       AVG(grid_power) AS "Grid", AVG(storage_power) AS "Battery"
FROM power_by_time
WHERE site_id = ${site:sqlstring} AND $__timeFilter(timestamp)
GROUP BY 1
ORDER BY 1"""

SOURCES: Final = """\
SELECT $__timeGroupAlias(timestamp, $__interval),
       AVG(load_power - from_grid - from_battery) AS "From the sun",
       AVG(from_battery) AS "From the battery", AVG(from_grid) AS "From the grid"
FROM (
    SELECT timestamp, load_power, from_grid, LEAST(load_power - from_grid, discharge) AS from_battery
    FROM (
        SELECT timestamp, load_power, CASE WHEN storage_power < 0 THEN -storage_power ELSE 0 END AS discharge,
               LEAST(load_power, CASE WHEN grid_power < 0 THEN -grid_power ELSE 0 END) AS from_grid
        FROM power_by_time
        WHERE site_id = ${site:sqlstring} AND $__timeFilter(timestamp) AND load_power IS NOT NULL
    ) AS measured
) AS split
GROUP BY 1
ORDER BY 1"""
"""The grid may charge the battery: no source gives the house more than it uses."""

DAYS: Final = """\
SELECT CAST(day AS CHAR(10)) AS "Day", self_consumption_wh AS "Used at once", feed_in_wh AS "Fed in",
       CASE WHEN feed_in_wh IS NULL THEN production_wh END AS "Produced", -purchased_wh AS "Bought"
FROM energy_by_day
WHERE site_id = ${site:sqlstring} AND day BETWEEN DATE($__timeFrom()) AND DATE($__timeTo())
ORDER BY 1"""

MONTHS: Final = """\
SELECT *
FROM (
    SELECT CAST(month AS CHAR(7)) AS "Month", self_consumption_wh AS "Used at once", feed_in_wh AS "Fed in",
           CASE WHEN feed_in_wh IS NULL THEN production_wh END AS "Produced", -purchased_wh AS "Bought"
    FROM energy_by_month
    WHERE site_id = ${site:sqlstring}
    ORDER BY month DESC
    LIMIT 24
) AS newest
ORDER BY 1"""

SELF_SUFFICIENCY: Final = """\
SELECT *
FROM (
    SELECT CAST(month AS CHAR(7)) AS "Month", self_sufficiency AS "Self-sufficiency",
           self_consumption_rate AS "Self-consumption"
    FROM energy_by_month
    WHERE site_id = ${site:sqlstring} AND self_sufficiency IS NOT NULL
    ORDER BY month DESC
    LIMIT 24
) AS newest
ORDER BY 1"""

BEST_DAYS: Final = """\
SELECT CAST(day AS CHAR(10)) AS "Day", production_wh AS "Produced", consumption_wh AS "Used",
       self_sufficiency AS "Self-sufficiency"
FROM energy_by_day
WHERE site_id = ${site:sqlstring} AND production_wh IS NOT NULL
ORDER BY production_wh DESC
LIMIT 10"""

CHARGE: Final = """\
SELECT $__timeGroupAlias(timestamp, $__interval), AVG(storage_charge_level) AS "Charge"
FROM power_by_time
WHERE site_id = ${site:sqlstring} AND $__timeFilter(timestamp)
GROUP BY 1
ORDER BY 1"""

BATTERY_DAYS: Final = """\
SELECT CAST(day AS CHAR(10)) AS "Day", SUM(charged_wh) AS "Charged", -SUM(discharged_wh) AS "Discharged"
FROM battery_by_day
WHERE site_id = ${site:sqlstring} AND day BETWEEN DATE($__timeFrom()) AND DATE($__timeTo())
GROUP BY 1
ORDER BY 1"""

BATTERY_MONTHS: Final = """\
SELECT CAST(month AS CHAR(7)) AS "Month", serial_number AS "Battery", days AS "Days", charged_wh AS "Charged",
       discharged_wh AS "Discharged", cycles AS "Cycles", round_trip_efficiency AS "Efficiency"
FROM battery_by_month
WHERE site_id = ${site:sqlstring}
ORDER BY month DESC, serial_number
LIMIT 24"""

DAY_BY_HOUR: Final = """\
SELECT MIN(MIN(timestamp)) OVER (PARTITION BY local_date) AS "time",
       SUBSTR(CAST(local_time AS CHAR(19)), 12, 2) AS metric, AVG({column}) AS value
FROM power_by_time
WHERE site_id = ${{site:sqlstring}} AND local_date BETWEEN DATE($__timeFrom()) AND DATE($__timeTo())
GROUP BY local_date, SUBSTR(CAST(local_time AS CHAR(19)), 12, 2)
ORDER BY 1, 2"""
"""A row for each day and hour of the site's clock; the day is placed at its first quarter hour."""

FRESHNESS: Final = """\
SELECT site_name AS "Site", stream AS "Stream", newest AS "Newest", read_at AS "Read at", status AS "Status",
       error AS "Error"
FROM freshness
ORDER BY read_at, site_name, stream"""

GAPS: Final = """\
SELECT site_name AS "Site", stream AS "Stream", series AS "Series", begins AS "Begins", ends AS "Ends",
       missing AS "Missing"
FROM gaps
ORDER BY begins DESC, site_name, stream, series
LIMIT 100"""

RECONCILIATION: Final = """\
SELECT CASE WHEN period = 'TOTAL' THEN 'since installation' ELSE period END AS "Month",
       REPLACE(quantity, '_', ' ') AS "Quantity", ours_wh AS "Ours", theirs_wh AS "SolarEdge's",
       difference_percent AS "Difference", days_missing AS "Days missing"
FROM reconciliation
WHERE site_id = ${site:sqlstring}
ORDER BY period DESC, quantity
LIMIT 125"""
"""Two years of five quantities; what is since installation comes first."""

INVERTERS: Final = """\
SELECT CAST(month AS CHAR(7)) AS "Month", name AS "Inverter", serial_number AS "Serial number",
       energy_wh AS "Energy", yield_hours AS "Yield", percent_of_site AS "Of the site's mean"
FROM inverters_compared
WHERE site_id = ${site:sqlstring}
ORDER BY month DESC, percent_of_site
LIMIT 100"""

INVERTERS_NOW: Final = """\
SELECT CONCAT(name, ' ', serial_number) AS "Inverter", percent_of_site AS "Of the site's mean"
FROM inverters_compared
WHERE site_id = ${site:sqlstring}
    AND month = (SELECT MAX(month) FROM inverters_compared WHERE site_id = ${site:sqlstring})
ORDER BY 1"""
