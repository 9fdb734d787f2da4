-- As much of Medusa's tables as a backup counts, loads and leads elsewhere, and one more.
CREATE TABLE "order" (id text PRIMARY KEY, is_draft_order boolean NOT NULL, deleted_at timestamptz);
CREATE TABLE product (
  id text PRIMARY KEY, title text, thumbnail text, metadata jsonb, updated_at timestamptz NOT NULL,
  deleted_at timestamptz);
CREATE TABLE image (id text PRIMARY KEY, url text NOT NULL, product_id text REFERENCES product);
CREATE TABLE locking (id text PRIMARY KEY, owner_id text, expiration timestamptz);
CREATE TABLE store_platform_setup (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), is_open boolean NOT NULL DEFAULT false,
  set_up_by text, migrated_by text);
CREATE TABLE plug_in (
  "Their Name" text, tags text[], short varchar(34), raw json, number int,
  host text GENERATED ALWAYS AS (split_part("Their Name", '/', 3)) STORED);
CREATE TABLE zone (id text);
INSERT INTO "order" VALUES ('1', false, NULL), ('2', false, NULL),
  ('3', true, NULL), ('4', false, now());
INSERT INTO product VALUES
  ('1', 'Häkelmütze', 'http://old.test:8080/static/1.png',
   '{"url": "http://old.test:8080", "more": [1.50, {"a": "see http://old.test:8080/a, or \"not\""}]}', '2026-01-01', NULL),
  ('2', 'Old', NULL, NULL, '2026-01-01', now());
INSERT INTO image VALUES ('1', 'http://old.test:8080/static/1.png', '1');
INSERT INTO locking VALUES ('cart_1', 'somebody', NULL);
INSERT INTO store_platform_setup VALUES (true, true, 'medusa:2', 'medusa:2');
INSERT INTO plug_in VALUES
  ('http://old.test:8080/b, http://old.test:8080.', '{"http://old.test:8080/c","d, e"}',
   'http://old.test:8080/short', '{"b":"http://old.test:8080/","a":  1}', 8080),
  ('http://old.test:80801 http://old.test:8080.example http://old.test:8080@else.test http://old.test/',
   NULL, 'https://old.test:8080', '{"a":  1}', NULL);
