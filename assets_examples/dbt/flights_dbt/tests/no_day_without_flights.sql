select * from {{ ref('daily_delays') }} where flights = 0
