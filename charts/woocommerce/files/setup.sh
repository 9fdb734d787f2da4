#!/bin/sh
# Makes a WordPress into a shop. Every part looks first whether it was done: the job may run again.
set -eu

until [ -f wp-config.php ] && wp db query 'SELECT 1' --quiet >/dev/null 2>&1; do
    echo 'Waiting for WordPress files and the database.'
    sleep 3
done

if ! wp core is-installed; then
    # The password goes in by standard input: a command line can be read by others.
    printf '%s\n' "$ADMIN_PASSWORD" | wp core install --url="$SHOP_URL" --title="$SHOP_TITLE" \
        --admin_user=admin --admin_email="$ADMIN_EMAIL" --skip-email --prompt=admin_password >/dev/null
    echo 'WordPress is installed.'
fi

if ! wp plugin is-installed woocommerce; then
    wp plugin install woocommerce --version="$WOOCOMMERCE_VERSION"
fi
wp plugin is-active woocommerce || wp plugin activate woocommerce
wp rewrite structure '/%postname%/' >/dev/null
wp wc tool run install_pages --user=admin >/dev/null
wp option update woocommerce_cod_settings '{"enabled":"yes"}' --format=json >/dev/null

if [ -z "$(wp wc product list --sku=sample --user=admin --format=ids)" ]; then
    wp wc product create --user=admin --name='Sample product' --sku=sample --type=simple \
        --regular_price=10 --status=publish >/dev/null
fi
echo 'The shop is set up.'
