-- Each flight that left one of the three airports, as it was published.
select * from read_parquet('data/flights.parquet')
