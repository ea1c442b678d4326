-- Only months of which something is known: a site without a meter has none.
select
    site_id,
    site_name,
    month,
    days,
    self_sufficiency as self_sufficiency_percent,
    self_consumption_rate as self_consumption_percent
from {{ source("solaredge", "energy_by_month") }}
where self_sufficiency is not null or self_consumption_rate is not null
