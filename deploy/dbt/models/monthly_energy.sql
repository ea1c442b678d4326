select
    m.site_id,
    m.site_name,
    m.month,
    m.days,
    m.production_wh / 1000.0 as production_kwh,
    m.consumption_wh / 1000.0 as consumption_kwh,
    m.self_consumption_wh / 1000.0 as self_consumption_kwh,
    m.feed_in_wh / 1000.0 as feed_in_kwh,
    m.purchased_wh / 1000.0 as purchased_kwh,
    m.charged_wh / 1000.0 as charged_kwh,
    m.discharged_wh / 1000.0 as discharged_kwh,
    y.specific_yield as yield_kwh_per_kwp
from {{ source("solaredge", "energy_by_month") }} as m
join {{ source("solaredge", "specific_yield_by_month") }} as y on y.site_id = m.site_id and y.month = m.month
