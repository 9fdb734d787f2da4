<?php
// The settings of a shop, all from the environment: the image is the same for every shop.

define('DB_HOST', getenv('WORDPRESS_DB_HOST'));
define('DB_NAME', getenv('WORDPRESS_DB_NAME'));
define('DB_USER', getenv('WORDPRESS_DB_USER'));
define('DB_PASSWORD', getenv('WORDPRESS_DB_PASSWORD'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

// What signs cookies and nonces: a value of its own for each purpose, and the same in every pod and
// after every restart, since it comes from the password that was generated for this shop alone.
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $purpose) {
    define("{$purpose}_KEY", hash_hmac('sha256', "{$purpose}_KEY", DB_PASSWORD));
    define("{$purpose}_SALT", hash_hmac('sha256', "{$purpose}_SALT", DB_PASSWORD));
}

define('WP_HOME', getenv('SHOP_URL'));
define('WP_SITEURL', WP_HOME);
// Behind an ingress that ends TLS WordPress must believe the proxy, or its redirects never end.
if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
    $_SERVER['HTTPS'] = 'on';
}

// Due work is done by a CronJob, not while a shopper waits.
define('DISABLE_WP_CRON', true);
// A copy of a shop, to try things in, calls nobody: the network would let it wait for each answer that never
// comes, and here it goes on at once. Plug-ins that know of staging take no payments there by themselves.
if (getenv('SHOP_IS_COPY') === 'true') {
    define('WP_ENVIRONMENT_TYPE', 'staging');
    define('WP_HTTP_BLOCK_EXTERNAL', true);
    define('WP_ACCESSIBLE_HOSTS', strtok((string) getenv('SHOP_SERVER'), ':')); // its own web server
}
// WordPress itself is of the image's version; plug-ins and themes are the merchant's to change.
define('WP_AUTO_UPDATE_CORE', false);
define('DISALLOW_FILE_EDIT', true);
define('FS_METHOD', 'direct');
// Of the image, and not on the volume: no merchant can lose them.
define('WPMU_PLUGIN_DIR', dirname(__DIR__) . '/mu-plugins');
// PHP's own limit is 128 MB, half of what WooCommerce asks for.
define('WP_MEMORY_LIMIT', '256M');

defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
