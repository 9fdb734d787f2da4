-- As WordPress 7.1 and WooCommerce 10 make them, but for their indexes; 3 orders and 2 products count.
CREATE TABLE wp_posts (
  ID bigint(20) unsigned NOT NULL AUTO_INCREMENT, post_author bigint(20) unsigned NOT NULL DEFAULT 0,
  post_date datetime NOT NULL DEFAULT '2026-01-01', post_date_gmt datetime NOT NULL DEFAULT '2026-01-01',
  post_content longtext NOT NULL DEFAULT '', post_title text NOT NULL DEFAULT '',
  post_excerpt text NOT NULL DEFAULT '', post_status varchar(20) NOT NULL DEFAULT 'publish',
  comment_status varchar(20) NOT NULL DEFAULT 'open', ping_status varchar(20) NOT NULL DEFAULT 'open',
  post_password varchar(255) NOT NULL DEFAULT '', post_name varchar(200) NOT NULL DEFAULT '',
  to_ping text NOT NULL DEFAULT '', pinged text NOT NULL DEFAULT '',
  post_modified datetime NOT NULL DEFAULT '2026-01-01', post_modified_gmt datetime NOT NULL DEFAULT '2026-01-01',
  post_content_filtered longtext NOT NULL DEFAULT '', post_parent bigint(20) unsigned NOT NULL DEFAULT 0,
  guid varchar(255) NOT NULL DEFAULT '', menu_order int(11) NOT NULL DEFAULT 0,
  post_type varchar(20) NOT NULL DEFAULT 'post', post_mime_type varchar(100) NOT NULL DEFAULT '',
  comment_count bigint(20) NOT NULL DEFAULT 0, PRIMARY KEY (ID)) DEFAULT CHARSET=utf8mb4;
CREATE TABLE wp_wc_orders (
  id bigint(20) unsigned NOT NULL, status varchar(20), currency varchar(10), type varchar(20),
  tax_amount decimal(26,8), total_amount decimal(26,8), customer_id bigint(20) unsigned,
  billing_email varchar(320), date_created_gmt datetime, date_updated_gmt datetime,
  parent_order_id bigint(20) unsigned, payment_method varchar(100), payment_method_title text,
  transaction_id varchar(100), ip_address varchar(100), user_agent text, customer_note text,
  PRIMARY KEY (id)) DEFAULT CHARSET=utf8mb4;
INSERT INTO wp_posts (post_type, post_status, post_title, post_content, menu_order) VALUES
  ('product', 'publish', 'Häkelmütze', 'it''s \\ "warm"\n', 0), ('product', 'publish', '', '', -1),
  ('product', 'draft', 'begun', ',''publish'',', 0), ('product', 'trash', '', '', 0),
  ('product_variation', 'publish', '', '', 0), ('page', 'publish', '\'product\'', '', 0),
  ('page', 'publish', 'INSERT INTO `wp_posts` VALUES (1', '\nINSERT INTO `wp_wc_orders` VALUES (1,', 0);
INSERT INTO wp_wc_orders (id, status, currency, type, customer_note) VALUES
  (1, 'wc-completed', 'EUR', 'shop_order', 'Grüße'), (2, 'wc-pending', 'EUR', 'shop_order', NULL),
  (3, 'wc-checkout-draft', 'EUR', 'shop_order', NULL), (4, 'auto-draft', NULL, 'shop_order', NULL),
  (5, 'trash', 'EUR', 'shop_order', NULL), (6, 'wc-completed', 'EUR', 'shop_order_refund', NULL),
  (7, NULL, NULL, 'shop_order', ',''shop_order'',');
