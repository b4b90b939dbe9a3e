select
    make_date(year, month, day) as flown_on,
    carrier,
    tailnum,
    origin,
    dest,
    dep_delay,
    arr_delay,
    distance
from {{ source('raw', 'flights') }}
where dep_time is not null
