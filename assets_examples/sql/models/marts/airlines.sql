/*
description: How late each airline left. Rows take the place of those of the same airline.
owners: [team:operations]
unique_key: carrier
checks:
  - relationships: {column: carrier, to: raw.airlines}
*/
with of_airline as (
    select carrier, count(*) as flights, avg(dep_delay) as mean_delay
    from staging.departures
    group by carrier
)
select o.carrier, a.name as airline, o.flights, o.mean_delay
from of_airline o
left join raw.airlines a using (carrier)
