select
    site_id,
    site_name,
    month,
    quantity,
    ours_wh / 1000.0 as ours_kwh,
    theirs_wh / 1000.0 as theirs_kwh,
    difference_percent,
    days_missing
from {{ source("solaredge", "reconciliation") }}
where month is not null
