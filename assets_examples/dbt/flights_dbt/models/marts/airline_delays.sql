select
    f.carrier,
    a.name as airline,
    count(*) as flights,
    avg(f.dep_delay) as mean_delay,
    avg(case when f.dep_delay > 15 then 1.0 else 0.0 end)::double as share_late
from {{ ref('stg_flights') }} as f
left join {{ source('raw', 'airlines') }} as a on a.carrier = f.carrier
group by 1, 2
