<?php
// Makes a WordPress that is installed into a shop, and brings its database to the version of the image.
// setup-shop runs it with WP-CLI, in one process: each start of WordPress takes its time. Every part
// looks first whether it was done, for the job may be killed anywhere, and is run again.

const SOMEBODY_ELSES = 77;
const AGAIN = 75; // as sysexits.h has it

// Before the shop is opened nobody has been let in, and nobody can have changed the password of the
// administrator; afterwards the merchant may.
function is_ours(): bool
{
    $admin = get_user_by('login', 'admin');
    return get_option('store_platform_opened') === 'yes'
        || $admin && wp_check_password(getenv('ADMIN_PASSWORD'), $admin->user_pass, $admin->ID);
}

function run_command(string $command): void
{
    WP_CLI::runcommand($command, ['launch' => false]);
}

// What a merchant may change later is set here only, and never again.
function open_shop(): void
{
    $admin = get_user_by('login', 'admin');
    $admin->set_role('administrator'); // an installation that was cut short may have left it out
    wp_set_current_user($admin->ID);
    finish_the_installation();
    begin_as_a_new_shop();
    remove_samples();
    show_the_shop_first();
    update_option('woocommerce_cod_settings', ['enabled' => 'yes']);
    put_up_a_product();
    update_option('store_platform_opened', 'yes');
}

function finish_the_installation(): void
{
    delete_transient('wc_installing'); // one that was cut short keeps others away for ten minutes
    if (!get_option('woocommerce_db_version')) { // the last that it writes
        WC_Install::install();
    }
}

function begin_as_a_new_shop(): void
{
    // WooCommerce does this when somebody first comes to wp-admin, and a guest's order may be there
    // before: orders have tables of their own only in a shop that has none yet.
    WC_Install::newly_installed();
    // Its wizard would close the shop again, until the merchant has been all through it.
    update_option('woocommerce_onboarding_profile', ['skipped' => true, 'completed' => true]);
    delete_transient('_wc_activation_redirect');
    update_option('woocommerce_coming_soon', 'no');
}

// What WordPress comes with; the comment goes with its post.
function remove_samples(): void
{
    foreach (['hello-world' => 'post', 'sample-page' => 'page'] as $name => $type) {
        $sample = get_page_by_path($name, OBJECT, $type);
        if ($sample) {
            wp_delete_post($sample->ID, true);
        }
    }
}

function show_the_shop_first(): void
{
    global $wp_rewrite;
    WC_Install::create_pages();
    update_option('page_on_front', wc_get_page_id('shop'));
    update_option('show_on_front', 'page');
    $wp_rewrite->set_permalink_structure('/%postname%/');
    delete_option('rewrite_rules'); // the next request makes them, with those of products
}

function put_up_a_product(): void
{
    $begun = get_page_by_path('sample-product', OBJECT, 'product');
    $product = new WC_Product_Simple($begun ? $begun->ID : 0);
    $product->set_name('Sample product');
    $product->set_slug('sample-product');
    $product->set_sku('sample');
    $product->set_regular_price('10');
    $product->set_status('publish');
    $product->save();
}

if (!is_ours()) {
    exit(SOMEBODY_ELSES);
}
run_command('core update-db');
if (get_option('store_platform_opened') !== 'yes') {
    if (!class_exists('WooCommerce')) {
        run_command('plugin activate woocommerce');
        exit(AGAIN); // all of it is there from the next start of WordPress on
    }
    open_shop();
}
if (class_exists('WooCommerce')) { // the merchant may have put it out of use
    run_command('wc update');
}
