-- A sprint to plan by: what people call the stretch of work that a feature is planned for. No dossier covers it.
alter table feature add column sprint text
    constraint feature_sprint check (char_length(sprint) between 1 and 40 and sprint = btrim(sprint) and sprint !~ '[[:cntrl:]]');
alter table history.feature add column sprint text;
call asof.cover('feature');

-- Lists of a sprint, the newest first.
create index feature_by_sprint on feature (sprint, created_at desc, id desc) where sprint is not null;
