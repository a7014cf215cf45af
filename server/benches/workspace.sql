select format('%s features, %s records and threats, %s events, %s entries in the search index; %s',
              (select count(*) from feature), (select count(*) from record) + (select count(*) from threat),
              (select count(*) from audit.event), (select count(*) from search_entry),
              pg_size_pretty(pg_database_size(current_database())))
