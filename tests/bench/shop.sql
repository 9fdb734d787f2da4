-- A shop of Medusa with 1,000 products and 1,000 orders: the tables that both fill, with the columns that
-- Medusa 2 has there, and the others empty, so that there are as many tables and indexes as Medusa makes.
-- Everything comes from numbers: each run has the same rows.
CREATE FUNCTION pg_temp.named(kind text, number int) RETURNS text LANGUAGE sql AS
  $$ SELECT kind || '_' || upper(left(md5(kind || number), 26)) $$;
CREATE FUNCTION pg_temp.raw(amount numeric) RETURNS jsonb LANGUAGE sql AS
  $$ SELECT jsonb_build_object('value', amount::text, 'precision', 20) $$;
CREATE FUNCTION pg_temp.words(seed int, many int) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg((string_to_array('warm soft wool cotton hand made in small numbers for cold days and long'
    ' walks with a lining that keeps its shape after many washes this hat goes well under hood', ' '))
    [1 + abs(hashint4(seed * 1000 + word) % 31)], ' ') FROM generate_series(1, many) word $$;
CREATE FUNCTION pg_temp.at(number int) RETURNS timestamptz LANGUAGE sql AS
  $$ SELECT '2026-01-01Z'::timestamptz + number * interval '7 minutes 0.123 seconds' $$;

CREATE TABLE product AS SELECT
  pg_temp.named('prod', n) AS id, initcap(pg_temp.words(n, 3)) AS title, 'product-' || n AS handle,
  pg_temp.words(-n, 5) AS subtitle, pg_temp.words(n, 90) AS description, false AS is_giftcard,
  'published' AS status, format('http://old.test:8080/static/%s.jpg', n) AS thumbnail, 250::numeric AS weight,
  NULL::numeric AS length, NULL::numeric AS height, NULL::numeric AS width, pg_temp.raw(250) AS raw_weight,
  'de' AS origin_country, NULL::text AS hs_code, NULL::text AS mid_code, 'wool' AS material, NULL::text AS collection_id,
  NULL::text AS type_id, true AS discountable, NULL::text AS external_id, pg_temp.at(n) AS created_at,
  pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at,
  jsonb_build_object('care', pg_temp.words(n + 5000, 12)) AS metadata
FROM generate_series(1, 1000) n;
CREATE TABLE image AS SELECT
  pg_temp.named('img', n) AS id, format('http://old.test:8080/static/%s.jpg', n) AS url, NULL::jsonb AS metadata,
  0 AS rank, pg_temp.named('prod', n) AS product_id, pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at,
  NULL::timestamptz AS deleted_at
FROM generate_series(1, 1000) n;
CREATE TABLE product_variant AS SELECT
  pg_temp.named('variant', n) AS id, 'Size ' || n % 4 AS title, 'SKU-' || n AS sku, NULL::text AS barcode,
  NULL::text AS ean, NULL::text AS upc, false AS allow_backorder, true AS manage_inventory, NULL::text AS hs_code,
  NULL::text AS material, NULL::numeric AS weight, NULL::jsonb AS metadata, n % 4 AS variant_rank,
  NULL::text AS thumbnail, pg_temp.named('prod', 1 + (n - 1) / 4) AS product_id, pg_temp.at(n) AS created_at,
  pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at
FROM generate_series(1, 4000) n;
CREATE TABLE price AS SELECT
  pg_temp.named('price', n) AS id, NULL::text AS title, pg_temp.named('pset', 1 + (n - 1) / 2) AS price_set_id,
  CASE n % 2 WHEN 1 THEN 'eur' ELSE 'usd' END AS currency_code, 10 + n % 90 + 0.95 AS amount,
  pg_temp.raw(10 + n % 90 + 0.95) AS raw_amount, 0 AS rules_count, NULL::numeric AS min_quantity,
  NULL::numeric AS max_quantity, NULL::text AS price_list_id, pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at,
  NULL::timestamptz AS deleted_at
FROM generate_series(1, 8000) n;
CREATE TABLE inventory_level AS SELECT
  pg_temp.named('ilev', n) AS id, pg_temp.named('iitem', n) AS inventory_item_id, pg_temp.named('sloc', 1) AS location_id,
  100::numeric AS stocked_quantity, 3::numeric AS reserved_quantity, 0::numeric AS incoming_quantity,
  pg_temp.raw(100) AS raw_stocked_quantity, pg_temp.raw(3) AS raw_reserved_quantity,
  pg_temp.raw(0) AS raw_incoming_quantity, NULL::jsonb AS metadata, pg_temp.at(n) AS created_at,
  pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at
FROM generate_series(1, 4000) n;
CREATE TABLE customer AS SELECT
  pg_temp.named('cus', n) AS id, NULL::text AS company_name, initcap(pg_temp.words(n, 1)) AS first_name,
  initcap(pg_temp.words(-n, 1)) AS last_name, format('shopper-%s@example.test', n) AS email, NULL::text AS phone,
  false AS has_account, NULL::jsonb AS metadata, pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at,
  NULL::timestamptz AS deleted_at
FROM generate_series(1, 1000) n;

CREATE TABLE "order" AS SELECT
  pg_temp.named('order', n) AS id, pg_temp.named('reg', 1) AS region_id, n AS display_id,
  pg_temp.named('cus', n) AS customer_id, 1 AS version, pg_temp.named('sc', 1) AS sales_channel_id, 'pending' AS status,
  false AS is_draft_order, format('shopper-%s@example.test', n) AS email, 'eur' AS currency_code,
  pg_temp.named('ordaddr', 2 * n) AS shipping_address_id, pg_temp.named('ordaddr', 2 * n - 1) AS billing_address_id,
  false AS no_notification, NULL::jsonb AS metadata, NULL::timestamptz AS canceled_at, NULL::text AS locale,
  pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at
FROM generate_series(1, 1000) n;
CREATE TABLE order_address AS SELECT
  pg_temp.named('ordaddr', n) AS id, pg_temp.named('cus', 1 + (n - 1) / 2) AS customer_id, NULL::text AS company,
  initcap(pg_temp.words(n, 1)) AS first_name, initcap(pg_temp.words(-n, 1)) AS last_name,
  format('%s Street %s', initcap(pg_temp.words(n, 1)), n % 200) AS address_1, NULL::text AS address_2, 'Berlin' AS city,
  'de' AS country_code, NULL::text AS province, (10115 + n % 900)::text AS postal_code, '+49 30 ' || 100000 + n AS phone,
  NULL::jsonb AS metadata, pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at
FROM generate_series(1, 2000) n;
CREATE TABLE order_summary AS SELECT
  pg_temp.named('ordsum', n) AS id, pg_temp.named('order', n) AS order_id, 1 AS version, (
    SELECT jsonb_object_agg(total, 42.5) || jsonb_object_agg('raw_' || total, pg_temp.raw(42.5))
    FROM unnest(ARRAY['paid_total', 'refunded_total', 'accounting_total', 'credit_line_total', 'transaction_total',
      'pending_difference', 'current_order_total', 'original_order_total']) total) AS totals,
  pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at
FROM generate_series(1, 1000) n;
CREATE TABLE order_line_item AS SELECT
  pg_temp.named('ordli', n) AS id, NULL::text AS totals_id, title, 'Size ' || n % 4 AS subtitle, thumbnail,
  pg_temp.named('variant', 1 + n % 4000) AS variant_id, product.id AS product_id, title AS product_title,
  description AS product_description, product.subtitle AS product_subtitle, NULL::text AS product_type,
  NULL::text AS product_collection, handle AS product_handle, 'SKU-' || 1 + n % 4000 AS variant_sku,
  NULL::text AS variant_barcode, 'Size ' || n % 4 AS variant_title, NULL::jsonb AS variant_option_values,
  true AS requires_shipping, true AS is_discountable, false AS is_tax_inclusive, NULL::numeric AS compare_at_unit_price,
  19.95 AS unit_price, pg_temp.raw(19.95) AS raw_unit_price, false AS is_custom_price, '{}'::jsonb AS metadata,
  pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at
FROM generate_series(1, 2000) n JOIN product ON handle = 'product-' || 1 + n % 1000;
CREATE TABLE order_item AS SELECT
  pg_temp.named('orditem', n) AS id, pg_temp.named('order', 1 + (n - 1) / 2) AS order_id, 1 AS version,
  pg_temp.named('ordli', n) AS item_id, 1::numeric AS quantity, pg_temp.raw(1) AS raw_quantity,
  0::numeric AS fulfilled_quantity, pg_temp.raw(0) AS raw_fulfilled_quantity, 0::numeric AS shipped_quantity,
  pg_temp.raw(0) AS raw_shipped_quantity, 0::numeric AS delivered_quantity, pg_temp.raw(0) AS raw_delivered_quantity,
  0::numeric AS return_requested_quantity, pg_temp.raw(0) AS raw_return_requested_quantity,
  0::numeric AS return_received_quantity, pg_temp.raw(0) AS raw_return_received_quantity,
  0::numeric AS written_off_quantity, pg_temp.raw(0) AS raw_written_off_quantity, NULL::jsonb AS metadata,
  pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at, NULL::timestamptz AS deleted_at
FROM generate_series(1, 2000) n;
CREATE TABLE order_shipping_method AS SELECT
  pg_temp.named('ordsm', n) AS id, 'Standard shipping' AS name, NULL::jsonb AS description, 4.9 AS amount,
  pg_temp.raw(4.9) AS raw_amount, false AS is_tax_inclusive, pg_temp.named('so', 1) AS shipping_option_id,
  '{}'::jsonb AS data, NULL::jsonb AS metadata, pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at,
  NULL::timestamptz AS deleted_at
FROM generate_series(1, 1000) n;
CREATE TABLE payment AS SELECT
  pg_temp.named('pay', n) AS id, 42.5 AS amount, pg_temp.raw(42.5) AS raw_amount, 'eur' AS currency_code,
  'pp_system_default' AS provider_id, '{}'::jsonb AS data, pg_temp.named('pay_col', n) AS payment_collection_id,
  pg_temp.named('payses', n) AS payment_session_id, pg_temp.at(n) AS created_at, pg_temp.at(n) AS updated_at,
  NULL::timestamptz AS deleted_at, NULL::timestamptz AS captured_at, NULL::timestamptz AS canceled_at
FROM generate_series(1, 1000) n;

-- What of a cart becomes an order stays as a cart's.
CREATE TABLE cart AS SELECT
  pg_temp.named('cart', display_id) AS id, region_id, customer_id, sales_channel_id, email, currency_code,
  shipping_address_id, billing_address_id, metadata, created_at AS completed_at, created_at, updated_at, deleted_at
FROM "order";
CREATE TABLE cart_address AS TABLE order_address;
CREATE TABLE cart_line_item AS TABLE order_line_item;
CREATE TABLE cart_shipping_method AS TABLE order_shipping_method;

CREATE TABLE locking AS SELECT pg_temp.named('cart', 1) AS id, 'somebody' AS owner_id, NULL::timestamptz AS expiration;
CREATE TABLE store_platform_setup (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), is_open boolean NOT NULL DEFAULT false,
  set_up_by text, migrated_by text);
INSERT INTO store_platform_setup VALUES (true, true, 'medusa:2', 'medusa:2');

DO $$
DECLARE name text;
BEGIN
  FOR number IN 1 + (SELECT count(*) FROM pg_tables WHERE schemaname = 'public') .. 147 LOOP
    EXECUTE format('CREATE TABLE module_%s (id text, name text, parent_id text, raw_amount jsonb, metadata jsonb,
      created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), deleted_at timestamptz)', number);
  END LOOP;
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT IN ('store_platform_setup', 'locking') LOOP
    EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id)', name);
    EXECUTE format('CREATE INDEX ON %I (deleted_at) WHERE deleted_at IS NOT NULL', name);
    EXECUTE format('CREATE INDEX ON %I (created_at, id) WHERE deleted_at IS NULL', name);
  END LOOP;
END $$;
