select
    f.flown_on,
    count(*) as flights,
    avg(f.dep_delay) as mean_delay,
    sum(p.seats) as seats
from {{ ref('stg_flights') }} as f
left join {{ ref('stg_planes') }} as p using (tailnum)
group by 1
