/*
description: Flights that left, one row each, with the day that they left on.
materialization: view
checks:
  - accepted_values: {column: origin, values: [EWR, JFK, LGA]}
  - not_null: [flown_on, carrier]
    blocking: true
*/
select
    make_date(year, month, day) as flown_on,
    carrier,
    origin,
    dest,
    dep_delay,
    distance
from raw.flights
where dep_time is not null
