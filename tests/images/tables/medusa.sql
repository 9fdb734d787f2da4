-- As much of Medusa's tables as a backup counts, and one more.
CREATE TABLE "order" (id text PRIMARY KEY, is_draft_order boolean NOT NULL, deleted_at timestamptz);
CREATE TABLE product (id text PRIMARY KEY, title text, deleted_at timestamptz);
CREATE TABLE zone (id text);
INSERT INTO "order" VALUES ('1', false, NULL), ('2', false, NULL),
  ('3', true, NULL), ('4', false, now());
INSERT INTO product VALUES ('1', 'Häkelmütze', NULL), ('2', 'Old', now());
