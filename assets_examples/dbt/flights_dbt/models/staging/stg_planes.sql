select tailnum, manufacturer, model, seats, year as built_in
from {{ source('raw', 'planes') }}
