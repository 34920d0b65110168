-- How far a question got, and how often its answer was changed: what lists and reports ask for without looking at messages.

ALTER TABLE survey ADD COLUMN state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'uncertain', 'lost'));
ALTER TABLE survey ADD COLUMN changes smallint NOT NULL DEFAULT 0;

-- Few are answered: lists of answers, and of one rating, walk these only.
CREATE INDEX survey_answered ON survey (tenant_id, asked_at, id) WHERE rating IS NOT NULL;
CREATE INDEX survey_rated ON survey (tenant_id, rating, asked_at, id) WHERE rating IS NOT NULL;
