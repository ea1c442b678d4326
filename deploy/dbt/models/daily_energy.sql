select
    d.site_id,
    d.site_name,
    d.day,
    d.production_wh / 1000.0 as production_kwh,
    d.consumption_wh / 1000.0 as consumption_kwh,
    d.self_consumption_wh / 1000.0 as self_consumption_kwh,
    d.feed_in_wh / 1000.0 as feed_in_kwh,
    d.purchased_wh / 1000.0 as purchased_kwh,
    d.charged_wh / 1000.0 as charged_kwh,
    d.discharged_wh / 1000.0 as discharged_kwh,
    d.self_sufficiency as self_sufficiency_percent,
    y.specific_yield as yield_kwh_per_kwp
from {{ source("solaredge", "energy_by_day") }} as d
join {{ source("solaredge", "specific_yield_by_day") }} as y on y.site_id = d.site_id and y.day = d.day
