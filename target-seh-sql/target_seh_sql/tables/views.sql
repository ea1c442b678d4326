-- Views on the tables: `views.py` makes them, in this order.
--
-- {name} stands for a table or an earlier view, with prefix and schema. A function in capitals stands for what each
-- database says in its own words; views.py has them. LOCAL_TIME(f) and LOCAL_DATE(f) are the site's wall clock at the
-- timestamp of row f; MONTH_OF gives a month's first day, QUARTER_OF a quarter hour of the day; QUARTERS(a, b) and
-- DAYS(a, b) count from a to b. A part of a UNION ALL whose table is not there is left out, and so is a view without
-- any part.

-- energy_by_day: energy of each day, and how much of it came from the own roof
SELECT
    s.id AS site_id,
    s.name AS site_name,
    e.reading_date AS day,
    e.energy_wh AS production_wh,
    e.consumption_wh,
    e.self_consumption_wh,
    e.feed_in_wh,
    e.purchased_wh,
    100.0 * (e.consumption_wh - e.purchased_wh) / nullif(e.consumption_wh, 0) AS self_sufficiency,
    100.0 * e.self_consumption_wh / nullif(e.energy_wh, 0) AS self_consumption_rate,
    e.charged_wh,
    e.discharged_wh
FROM {energy_readings} AS e
JOIN {sites} AS s ON s.id = e.site_id
WHERE e.time_unit = 'DAY';

-- energy_by_month: sums of the days of a month; ratios over the days on which both parts are known
SELECT
    d.site_id,
    d.site_name,
    MONTH_OF(d.day) AS month,
    count(*) AS days,
    sum(d.production_wh) AS production_wh,
    sum(d.consumption_wh) AS consumption_wh,
    sum(d.self_consumption_wh) AS self_consumption_wh,
    sum(d.feed_in_wh) AS feed_in_wh,
    sum(d.purchased_wh) AS purchased_wh,
    100.0 * sum(d.consumption_wh - d.purchased_wh)
    / nullif(sum(CASE WHEN d.purchased_wh IS NOT NULL THEN d.consumption_wh END), 0) AS self_sufficiency,
    100.0 * sum(CASE WHEN d.production_wh IS NOT NULL THEN d.self_consumption_wh END)
    / nullif(sum(CASE WHEN d.self_consumption_wh IS NOT NULL THEN d.production_wh END), 0)
        AS self_consumption_rate,
    sum(d.charged_wh) AS charged_wh,
    sum(d.discharged_wh) AS discharged_wh
FROM {energy_by_day} AS d
GROUP BY d.site_id, d.site_name, MONTH_OF(d.day);

-- energy_by_year: sums of the days of a year; ratios over the days on which both parts are known
SELECT
    d.site_id,
    d.site_name,
    YEAR_OF(d.day) AS year,
    count(*) AS days,
    sum(d.production_wh) AS production_wh,
    sum(d.consumption_wh) AS consumption_wh,
    sum(d.self_consumption_wh) AS self_consumption_wh,
    sum(d.feed_in_wh) AS feed_in_wh,
    sum(d.purchased_wh) AS purchased_wh,
    100.0 * sum(d.consumption_wh - d.purchased_wh)
    / nullif(sum(CASE WHEN d.purchased_wh IS NOT NULL THEN d.consumption_wh END), 0) AS self_sufficiency,
    100.0 * sum(CASE WHEN d.production_wh IS NOT NULL THEN d.self_consumption_wh END)
    / nullif(sum(CASE WHEN d.self_consumption_wh IS NOT NULL THEN d.production_wh END), 0)
        AS self_consumption_rate,
    sum(d.charged_wh) AS charged_wh,
    sum(d.discharged_wh) AS discharged_wh
FROM {energy_by_day} AS d
GROUP BY d.site_id, d.site_name, YEAR_OF(d.day);

-- power_by_time: power of each quarter hour by the site's own clock
SELECT
    s.id AS site_id,
    s.name AS site_name,
    f.timestamp,
    LOCAL_TIME(f) AS local_time,
    LOCAL_DATE(f) AS local_date,
    f.pv_power,
    f.load_power,
    f.grid_power,
    f.storage_power,
    f.storage_charge_level
FROM {power_flows} AS f
JOIN {sites} AS s ON s.id = f.site_id
WHERE coalesce(f.resolution, '') <> 'SNAPSHOT';

-- power_profile: mean power of a month by quarter hour of the local day, 0 to 95
SELECT
    p.site_id,
    p.site_name,
    MONTH_OF(p.local_date) AS month,
    QUARTER_OF(p.local_time) AS quarter,
    count(*) AS quarters,
    avg(p.pv_power) AS pv_power,
    avg(p.load_power) AS load_power,
    avg(CASE WHEN p.grid_power < 0 THEN -p.grid_power WHEN p.grid_power >= 0 THEN 0 END) AS import_power,
    avg(CASE WHEN p.grid_power > 0 THEN p.grid_power WHEN p.grid_power <= 0 THEN 0 END) AS export_power,
    avg(CASE WHEN p.storage_power > 0 THEN p.storage_power WHEN p.storage_power <= 0 THEN 0 END) AS charge_power,
    avg(CASE WHEN p.storage_power < 0 THEN -p.storage_power WHEN p.storage_power >= 0 THEN 0 END)
        AS discharge_power
FROM {power_by_time} AS p
GROUP BY p.site_id, p.site_name, MONTH_OF(p.local_date), QUARTER_OF(p.local_time);

-- latest_flow: the newest power flow of each site that has a value
SELECT
    s.id AS site_id,
    s.name AS site_name,
    f.timestamp,
    LOCAL_TIME(f) AS local_time,
    f.resolution,
    f.pv_power,
    f.load_power,
    f.grid_power,
    f.storage_power,
    f.storage_charge_level
FROM {sites} AS s
JOIN {power_flows} AS f ON f.id = (
    SELECT n.id
    FROM {power_flows} AS n
    WHERE
        n.site_id = s.id
        AND coalesce(n.pv_power, n.load_power, n.grid_power, n.storage_power, n.storage_charge_level) IS NOT NULL
    ORDER BY n.timestamp DESC
    LIMIT 1
);

-- battery_by_day: what a battery took and gave; cycles are full discharges of its capacity
SELECT
    s.id AS site_id,
    s.name AS site_name,
    b.serial_number,
    LOCAL_DATE(b) AS day,
    sum(CASE WHEN b.charge_energy_wh >= 0 THEN b.charge_energy_wh END) AS charged_wh,
    sum(CASE WHEN b.discharge_energy_wh >= 0 THEN b.discharge_energy_wh END) AS discharged_wh,
    min(b.state_of_charge) AS lowest_charge,
    max(b.state_of_charge) AS highest_charge,
    sum(CASE WHEN b.discharge_energy_wh >= 0 THEN b.discharge_energy_wh END)
    / nullif(max(coalesce(k.capacity, k.nameplate_capacity)), 0) AS cycles
FROM {battery_readings} AS b
JOIN {sites} AS s ON s.id = b.site_id
LEFT JOIN {batteries} AS k ON k.serial_number = b.serial_number
GROUP BY s.id, s.name, b.serial_number, LOCAL_DATE(b);

-- battery_by_month: sums of the days of a month, and how much of what it took a battery gave back
SELECT
    d.site_id,
    d.site_name,
    d.serial_number,
    MONTH_OF(d.day) AS month,
    count(*) AS days,
    sum(d.charged_wh) AS charged_wh,
    sum(d.discharged_wh) AS discharged_wh,
    sum(d.cycles) AS cycles,
    100.0 * sum(d.discharged_wh) / nullif(sum(d.charged_wh), 0) AS round_trip_efficiency
FROM {battery_by_day} AS d
GROUP BY d.site_id, d.site_name, d.serial_number, MONTH_OF(d.day);

-- inverter_by_day: what each inverter made in a day
SELECT
    s.id AS site_id,
    s.name AS site_name,
    i.serial_number,
    q.name,
    LOCAL_DATE(i) AS day,
    sum(i.energy_wh) AS energy_wh,
    max(i.power) AS highest_power,
    max(q.nameplate_power) AS nameplate_power
FROM {inverter_readings} AS i
JOIN {sites} AS s ON s.id = i.site_id
LEFT JOIN {equipment} AS q ON q.serial_number = i.serial_number
GROUP BY s.id, s.name, i.serial_number, q.name, LOCAL_DATE(i);

-- inverters_compared: what each inverter made in a month, in hours of its nameplate power and beside the site's mean
SELECT
    m.site_id,
    m.site_name,
    m.serial_number,
    m.name,
    m.month,
    m.energy_wh,
    m.nameplate_power,
    m.yield_hours,
    100.0 * m.yield_hours / nullif(avg(m.yield_hours) OVER (PARTITION BY m.site_id, m.month), 0) AS percent_of_site
FROM (
    SELECT
        d.site_id,
        d.site_name,
        d.serial_number,
        d.name,
        MONTH_OF(d.day) AS month,
        sum(d.energy_wh) AS energy_wh,
        max(d.nameplate_power) AS nameplate_power,
        sum(d.energy_wh) / nullif(max(d.nameplate_power), 0) AS yield_hours
    FROM {inverter_by_day} AS d
    GROUP BY d.site_id, d.site_name, d.serial_number, d.name, MONTH_OF(d.day)
) AS m;

-- gaps: intervals that are missing between two rows of a series; a gap in days has the site's own dates
SELECT
    r.site_id, r.site_name, 'power_readings' AS stream, r.series,
    NEXT_QUARTER(r.previous) AS begins, r.timestamp AS ends, QUARTERS(r.previous, r.timestamp) - 1 AS missing
FROM (
    SELECT
        t.site_id, s.name AS site_name, TEXT_OF(NULL) AS series, t.timestamp,
        lag(t.timestamp) OVER (PARTITION BY t.site_id ORDER BY t.timestamp) AS previous
    FROM {power_readings} AS t
    JOIN {sites} AS s ON s.id = t.site_id
) AS r
WHERE QUARTERS(r.previous, r.timestamp) > 1
UNION ALL
SELECT
    r.site_id, r.site_name, 'power_flows' AS stream, r.series,
    NEXT_QUARTER(r.previous) AS begins, r.timestamp AS ends, QUARTERS(r.previous, r.timestamp) - 1 AS missing
FROM (
    SELECT
        t.site_id, s.name AS site_name, TEXT_OF(NULL) AS series, t.timestamp,
        lag(t.timestamp) OVER (PARTITION BY t.site_id ORDER BY t.timestamp) AS previous
    FROM {power_flows} AS t
    JOIN {sites} AS s ON s.id = t.site_id
    WHERE coalesce(t.resolution, '') <> 'SNAPSHOT'
) AS r
WHERE QUARTERS(r.previous, r.timestamp) > 1
UNION ALL
SELECT
    r.site_id, r.site_name, 'meter_readings' AS stream, r.series,
    NEXT_QUARTER(r.previous) AS begins, r.timestamp AS ends, QUARTERS(r.previous, r.timestamp) - 1 AS missing
FROM (
    SELECT
        s.id AS site_id, s.name AS site_name, TEXT_OF(m.name) AS series, t.timestamp,
        lag(t.timestamp) OVER (PARTITION BY t.meter_id ORDER BY t.timestamp) AS previous
    FROM {meter_readings} AS t
    JOIN {meters} AS m ON m.id = t.meter_id
    JOIN {sites} AS s ON s.id = m.site_id
    WHERE ON_QUARTER(t.timestamp)
) AS r
WHERE QUARTERS(r.previous, r.timestamp) > 1
UNION ALL
SELECT
    r.site_id, r.site_name, 'battery_readings' AS stream, r.series,
    NEXT_QUARTER(r.previous) AS begins, r.timestamp AS ends, QUARTERS(r.previous, r.timestamp) - 1 AS missing
FROM (
    SELECT
        t.site_id, s.name AS site_name, TEXT_OF(t.serial_number) AS series, t.timestamp,
        lag(t.timestamp) OVER (PARTITION BY t.site_id, t.serial_number ORDER BY t.timestamp) AS previous
    FROM {battery_readings} AS t
    JOIN {sites} AS s ON s.id = t.site_id
) AS r
WHERE QUARTERS(r.previous, r.timestamp) > 1
UNION ALL
SELECT
    r.site_id, r.site_name, 'inverter_readings' AS stream, r.series,
    NEXT_QUARTER(r.previous) AS begins, r.timestamp AS ends, QUARTERS(r.previous, r.timestamp) - 1 AS missing
FROM (
    SELECT
        t.site_id, s.name AS site_name, TEXT_OF(t.serial_number) AS series, t.timestamp,
        lag(t.timestamp) OVER (PARTITION BY t.site_id, t.serial_number ORDER BY t.timestamp) AS previous
    FROM {inverter_readings} AS t
    JOIN {sites} AS s ON s.id = t.site_id
) AS r
WHERE QUARTERS(r.previous, r.timestamp) > 1
UNION ALL
SELECT
    r.site_id, r.site_name, 'energy_readings' AS stream, TEXT_OF('DAY') AS series,
    MIDNIGHT_AFTER(r.previous) AS begins, MIDNIGHT_OF(r.day) AS ends, DAYS(r.previous, r.day) - 1 AS missing
FROM (
    SELECT
        d.site_id, d.site_name, d.day,
        lag(d.day) OVER (PARTITION BY d.site_id ORDER BY d.day) AS previous
    FROM {energy_by_day} AS d
) AS r
WHERE DAYS(r.previous, r.day) > 1;

-- reconciliation: our days of a month, or since installation, beside SolarEdge's own figure; ours count what theirs do
SELECT
    r.site_id,
    r.site_name,
    r.period,
    CASE WHEN r.period <> 'TOTAL' THEN MONTH_OF(r.last_day) END AS month,
    r.quantity,
    r.ours_wh,
    r.theirs_wh,
    r.ours_wh - r.theirs_wh AS difference_wh,
    100.0 * (r.ours_wh - r.theirs_wh) / nullif(r.theirs_wh, 0) AS difference_percent,
    DAYS(r.first_day, r.last_day) + 1 - r.days AS days_missing,
    CASE WHEN (SELECT k.site_id FROM {power_readings} AS k WHERE k.site_id = r.site_id LIMIT 1) IS NOT NULL THEN
        QUARTERS(r.begins, r.ends) - (
            SELECT count(*)
            FROM {power_readings} AS k
            WHERE k.site_id = r.site_id AND k.timestamp >= r.begins AND k.timestamp < r.ends
        )
    END AS quarters_missing
FROM (
    SELECT
        p.site_id, p.site_name, p.period, p.first_day, p.last_day, p.begins, p.ends, q.quantity,
        CASE q.quantity
            WHEN 'production' THEN p.production_wh WHEN 'consumption' THEN p.consumption_wh
            WHEN 'self_consumption' THEN p.self_consumption_wh WHEN 'feed_in' THEN p.feed_in_wh
            WHEN 'purchased' THEN p.purchased_wh
        END AS theirs_wh,
        CASE q.quantity
            WHEN 'production' THEN p.our_production WHEN 'consumption' THEN p.our_consumption
            WHEN 'self_consumption' THEN p.our_self_consumption WHEN 'feed_in' THEN p.our_feed_in
            WHEN 'purchased' THEN p.our_purchased
        END AS ours_wh,
        CASE q.quantity
            WHEN 'production' THEN p.production_days WHEN 'consumption' THEN p.consumption_days
            WHEN 'self_consumption' THEN p.self_consumption_days WHEN 'feed_in' THEN p.feed_in_days
            WHEN 'purchased' THEN p.purchased_days
        END AS days
    FROM (
        SELECT
            t.site_id, t.site_name, t.period, t.first_day, t.last_day, t.begins, t.ends,
            t.production_wh, t.consumption_wh, t.self_consumption_wh, t.feed_in_wh, t.purchased_wh,
            sum(e.energy_wh + CASE WHEN t.production_meaning = 'AC' THEN e.given_wh ELSE 0 END) AS our_production,
            sum(e.consumption_wh) AS our_consumption,
            sum(e.self_consumption_wh + CASE WHEN t.production_meaning = 'AC' THEN e.given_wh ELSE 0 END)
                AS our_self_consumption,
            sum(e.feed_in_wh) AS our_feed_in,
            sum(e.purchased_wh) AS our_purchased,
            count(e.energy_wh) AS production_days,
            count(e.consumption_wh) AS consumption_days,
            count(e.self_consumption_wh) AS self_consumption_days,
            count(e.feed_in_wh) AS feed_in_days,
            count(e.purchased_wh) AS purchased_days
        FROM (
            SELECT
                o.site_id, s.name AS site_name, o.period, o.last_day, o.begins, o.ends, o.production_meaning,
                o.production_wh, o.consumption_wh, o.self_consumption_wh, o.feed_in_wh, o.purchased_wh,
                s.our_first_day,
                coalesce(o.first_day, CASE
                    WHEN s.installation_date < s.our_first_day THEN s.installation_date
                    WHEN s.installation_date IS NOT NULL THEN s.our_first_day
                END) AS first_day
            FROM {energy_totals} AS o
            JOIN (
                SELECT
                    m.id, m.name, m.installation_date,
                    (
                        SELECT n.reading_date
                        FROM {energy_readings} AS n
                        WHERE n.site_id = m.id AND n.time_unit = 'DAY'
                        ORDER BY n.reading_date
                        LIMIT 1
                    ) AS our_first_day
                FROM {sites} AS m
            ) AS s ON s.id = o.site_id
            WHERE s.our_first_day IS NOT NULL
        ) AS t
        LEFT JOIN (
            SELECT
                d.site_id, d.reading_date, d.energy_wh, d.consumption_wh, d.self_consumption_wh, d.feed_in_wh,
                d.purchased_wh, coalesce(d.discharged_wh, 0) - coalesce(d.charged_wh, 0) AS given_wh
            FROM {energy_readings} AS d
            WHERE d.time_unit = 'DAY'
        ) AS e ON e.site_id = t.site_id
            AND e.reading_date >= coalesce(t.first_day, t.our_first_day) AND e.reading_date <= t.last_day
        GROUP BY
            t.site_id, t.site_name, t.period, t.first_day, t.last_day, t.begins, t.ends,
            t.production_wh, t.consumption_wh, t.self_consumption_wh, t.feed_in_wh, t.purchased_wh
    ) AS p
    CROSS JOIN (
        SELECT 'production' AS quantity UNION ALL SELECT 'consumption' UNION ALL SELECT 'self_consumption'
        UNION ALL SELECT 'feed_in' UNION ALL SELECT 'purchased'
    ) AS q
) AS r
WHERE r.theirs_wh IS NOT NULL;

-- reconciliation_by_day: SolarEdge's energy of each finished day beside the sum of its quarter hours
SELECT
    d.site_id,
    d.site_name,
    d.day,
    d.official_wh,
    d.quarters_wh,
    d.quarters_wh - d.official_wh AS difference_wh,
    100.0 * (d.quarters_wh - d.official_wh) / nullif(d.official_wh, 0) AS difference_percent,
    96 + coalesce((
        CASE WHEN DAYS(d.previous_day, d.day) = 1 THEN lag(d.last_offset) OVER (PARTITION BY d.site_id ORDER BY d.day)
            ELSE d.utc_offset_minutes END - d.last_offset
    ) / 15, 0) - d.quarters AS quarters_missing
FROM (
    SELECT
        e.site_id, e.site_name, e.day, e.previous_day, e.official_wh, e.utc_offset_minutes,
        q.quarters_wh, coalesce(q.quarters, 0) AS quarters,
        CASE
            WHEN DAYS(e.day, e.next_day) <> 1 THEN e.utc_offset_minutes
            WHEN q.highest_offset < e.next_offset THEN q.highest_offset  -- clocks go forward at midnight
            ELSE e.next_offset
        END AS last_offset
    FROM (
        SELECT
            r.site_id, s.name AS site_name, r.reading_date AS day, r.energy_wh AS official_wh, r.utc_offset_minutes,
            lag(r.reading_date) OVER (PARTITION BY r.site_id ORDER BY r.reading_date) AS previous_day,
            lead(r.reading_date) OVER (PARTITION BY r.site_id ORDER BY r.reading_date) AS next_day,
            lead(r.utc_offset_minutes) OVER (PARTITION BY r.site_id ORDER BY r.reading_date) AS next_offset
        FROM {energy_readings} AS r
        JOIN {sites} AS s ON s.id = r.site_id
        WHERE r.time_unit = 'DAY'
    ) AS e
    LEFT JOIN (
        SELECT
            k.site_id, LOCAL_DATE(k) AS day, count(*) AS quarters, max(k.utc_offset_minutes) AS highest_offset,
            sum(coalesce(k.energy_wh, k.power_watts / 4)) AS quarters_wh
        FROM {power_readings} AS k
        GROUP BY k.site_id, LOCAL_DATE(k)
    ) AS q ON q.site_id = e.site_id AND q.day = e.day
    WHERE e.next_day IS NOT NULL
) AS d;

-- specific_yield_by_day: production of each day for each kWp of the site's modules
SELECT
    d.site_id,
    d.site_name,
    d.day,
    d.production_wh,
    s.peak_power,
    d.production_wh / 1000 / nullif(s.peak_power, 0) AS specific_yield
FROM {energy_by_day} AS d
JOIN {sites} AS s ON s.id = d.site_id;

-- specific_yield_by_month: production of each month for each kWp of the site's modules
SELECT
    d.site_id,
    d.site_name,
    d.month,
    d.days,
    d.production_wh,
    s.peak_power,
    d.production_wh / 1000 / nullif(s.peak_power, 0) AS specific_yield
FROM {energy_by_month} AS d
JOIN {sites} AS s ON s.id = d.site_id;

-- specific_yield_by_year: production of each year for each kWp of the site's modules
SELECT
    d.site_id,
    d.site_name,
    d.year,
    d.days,
    d.production_wh,
    s.peak_power,
    d.production_wh / 1000 / nullif(s.peak_power, 0) AS specific_yield
FROM {energy_by_year} AS d
JOIN {sites} AS s ON s.id = d.site_id;

-- freshness: the newest complete data of each stream, and how its last run ended
SELECT
    s.id AS site_id,
    s.name AS site_name,
    m.data_type AS stream,
    m.last_data_timestamp AS newest,
    m.last_sync_time AS read_at,
    m.status,
    m.error_message AS error
FROM {sync_metadata} AS m
JOIN {sites} AS s ON s.id = m.site_id;
