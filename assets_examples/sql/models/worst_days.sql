-- The twenty days on which flights left the latest.
select flown_on, sum(flights)::bigint as flights, sum(flights * mean_delay) / sum(flights) as mean_delay
from marts.daily
group by flown_on
order by mean_delay desc
limit 20
