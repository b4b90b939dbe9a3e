/*
description: How late the flights of each day left, built month by month.
owners: [team:operations]
partitions: {monthly: 2013-01-01, end: 2014-01-01}
partition_expr: flown_on
checks:
  - unique: [flown_on, origin]
  - expression: flights > 0
  - name: no_long_delays
    expression: mean_delay < 60
    severity: warn
*/
select
    flown_on,
    origin,
    count(*) as flights,
    avg(dep_delay) as mean_delay
from staging.departures
where flown_on >= {{ partition_start }} and flown_on < {{ partition_end }}
group by flown_on, origin
