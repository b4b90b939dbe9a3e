-- description: The airlines by their codes.
-- checks:
--   - unique: carrier
select * from read_parquet('data/airlines.parquet')
