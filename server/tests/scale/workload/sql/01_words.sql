-- What is drawn, and the words that titles are made of. Nothing is left to chance: the same size gives the same rows.
create schema scale;

-- A number below a bound that looks drawn; `what` tells apart the things that are drawn for one row.
create function scale.draw(n bigint, what int, below int) returns int immutable parallel safe language sql as $$
    select ((hashint8(n * 64 + what)::bigint + 2147483648) % below)::int
$$;

-- An id of version 7 that sorts by the time, as the program's own do.
create function scale.id(at timestamptz, n bigint, what text) returns uuid stable parallel safe language sql as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
            || '70008' || substr(md5(what || n), 1, 15))::uuid
$$;

create function scale.verbs() returns text[] immutable parallel safe language sql as $$
    select regexp_split_to_array('accept add allow archive audit batch block cache check clean collect combine confirm connect
        convert deliver detect encrypt expire export filter forward group handle hide import index limit link log merge
        migrate mirror monitor move notify pause preview prune publish queue recover redact reject release rename
        repeat replace report reserve resend restrict retry review rotate route schedule secure separate share show sign
        sort split store stream tokenise track translate trim unify upgrade validate verify warn withdraw', '\s+')
$$;
create function scale.adjectives() returns text[] immutable parallel safe language sql as $$
    select regexp_split_to_array('annual automatic blocked broken central cheap critical custom daily damaged delayed digital
        disputed double duplicate early encrypted expired external failed fast foreign forgotten frequent guest hidden
        hourly idle incoming instant internal joint large late legacy local lost manual missing mobile monthly multiple
        national new nightly offline old open outgoing overdue paid partial pending personal prepaid public recurring
        refunded regional rejected remote returned scheduled secret shared signed silent single slow small split stale
        stored suspended temporary unpaid unused urgent verified weekly', '\s+')
$$;
create function scale.nouns() returns text[] immutable parallel safe language sql as $$
    select regexp_split_to_array('access account address agreement alert amount approval archive attachment backup badge
        balance bank basket batch bill branch budget bundle button cable calendar campaign card carrier cart catalogue
        certificate channel charge checkout claim client code column command comment company condition consent contact
        contract cookie coupon courier credit currency customer dashboard database deadline delivery deposit device
        discount dispute document domain donation download draft employee endpoint envelope error estimate event
        exchange export factor fee field file filter folder form fraud gateway gift group handover header history image
        import index inventory invoice item journal key label language ledger letter licence limit link list location
        lock login mandate manual map market member memory message meter module network note notice number offer order
        outage owner package page parcel partner passport password payment payout permission phone photo picture plan
        platform policy portal position price printer privacy product profile promise proof provider purchase queue
        quota quote rate receipt record refund region reminder report request reservation response return review reward
        risk role route rule salary sale sample scanner schedule schema screen script seat secret sender sensor server
        service session setting shipment shop signal signature site stamp statement station stock storage store
        subscription summary supplier survey system table tariff task tax team template terminal ticket timetable token
        tool transfer translation trial user vehicle vendor version video visit voucher wallet warehouse webhook widget
        window workflow', '\s+')
$$;
create function scale.readers() returns text[] immutable parallel safe language sql as $$
    select regexp_split_to_array('accountants administrators agencies analysts apprentices auditors banks branches buyers
        carriers children clerks clients colleagues companies couriers customers dealers doctors drivers editors
        employees engineers families farmers guests hospitals hotels installers landlords lawyers libraries managers
        members merchants museums neighbours nurses operators owners parents partners passengers patients pilots
        planners publishers pupils resellers retailers reviewers sailors schools sellers shops students subscribers
        suppliers teachers tenants testers trainers translators travellers tutors visitors volunteers writers', '\s+')
$$;
-- One of some words. The lists are constants to the planner, so this is one step.
create function scale.pick(words text[], n bigint, what int) returns text immutable parallel safe language sql as $$
    select words[1 + scale.draw(n, what, cardinality(words))]
$$;

-- Names that people give to projects: thousands of words that are rare, each in one title out of some tens of thousands.
create function scale.codename(n bigint) returns text immutable parallel safe language sql as $$
    select scale.pick(array['bra','cor','dal','fen','gor','hel','jun','kal','lor','mer','nor','pol','quin','ras','sol','tur',
                  'ul','ver','wil','zan'], n, 60)
        || scale.pick(array['a','e','i','o','u','ai','ea','io','ou','y'], n, 61)
        || scale.pick(array['bent','cade','dor','fax','gate','land','mark','nyx','pod','quill','ridge','stone','tek','vale',
                  'wick','xen','yard','zoon','lume','spar'], n, 62)
$$;

create function scale.title(n bigint) returns text immutable parallel safe language sql as $$
    select initcap(scale.pick(scale.verbs(), n, 50)) || ' '
        || case when scale.draw(n, 51, 12) = 0 then scale.codename(n)
                else scale.pick(scale.adjectives(), n, 52) end
        || ' ' || scale.pick(scale.nouns(), n, 53) || 's for '
        || scale.pick(scale.readers(), n, 54)
$$;

create function scale.sentence(n bigint) returns text immutable parallel safe language sql as $$
    select 'The ' || scale.pick(scale.nouns(), n, 55) || ' has to ' || scale.pick(scale.verbs(), n, 56)
        || ' each ' || scale.pick(scale.adjectives(), n, 57) || ' ' || scale.pick(scale.nouns(), n, 58)
        || ' before ' || scale.pick(scale.readers(), n, 59) || ' see it.'
$$;
