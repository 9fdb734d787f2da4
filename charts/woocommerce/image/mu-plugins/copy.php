<?php
// A copy of a shop, to try things in: nothing that is done there reaches anybody. The network policies hold
// that whatever a plug-in does; this has the shop go on all the same, and say what it is.

if (getenv('SHOP_IS_COPY') !== 'true') {
    return;
}

const STORE_PLATFORM_COPY_SAYS = 'This is a copy of a shop, to try things in. It sends no mail and takes no payments.';
/** WooCommerce's own ways to pay that move no money: by transfer, by cheque, and in cash on delivery. */
const STORE_PLATFORM_COPY_GATEWAYS = ['bacs' => true, 'cheque' => true, 'cod' => true];

// Mail counts as sent, or a check-out would tell the shopper of an error. Last, so that no plug-in sends it.
add_filter('pre_wp_mail', fn () => true, PHP_INT_MAX);

add_filter('woocommerce_available_payment_gateways', function ($gateways) {
    return array_intersect_key((array) $gateways, STORE_PLATFORM_COPY_GATEWAYS);
}, PHP_INT_MAX);

// What is due stays due, such as the renewal of a subscription. wp-cron.php would do it for whoever asks, and
// WooCommerce's own queue once somebody looks at the administration.
add_filter('pre_get_ready_cron_jobs', fn () => [], PHP_INT_MAX);
add_filter('action_scheduler_allow_async_request_runner', fn () => false, PHP_INT_MAX);

// For search engines; the web server says it too, of whatever it serves.
add_filter('pre_option_blog_public', fn () => '0', PHP_INT_MAX);

/** Say that this is a copy, once on a page, in its flow: it covers nothing, and stands below the admin bar. */
function store_platform_say_copy(): void
{
    static $is_said = false;
    if (!$is_said) {
        $is_said = true;
        // Text and background differ by 13 to 1, whatever colours the theme has.
        printf(
            '<div role="note" class="store-platform-copy" style="%s">%s</div>',
            'display:block;clear:both;float:none;box-sizing:border-box;width:auto;max-width:none;margin:0;'
                . 'padding:10px 16px;border:0;background:#ffd75e;color:#1d1a12;text-align:center;'
                . 'font:600 16px/1.4 system-ui,sans-serif;overflow-wrap:anywhere',
            esc_html(STORE_PLATFORM_COPY_SAYS)
        );
    }
}
add_action('wp_body_open', 'store_platform_say_copy', PHP_INT_MIN);
add_action('wp_footer', 'store_platform_say_copy'); // of a theme that does not say where its body begins
add_action('login_header', 'store_platform_say_copy', PHP_INT_MIN);
// Not at the very top of the administration: WooCommerce lays its own header over that.
add_action('all_admin_notices', 'store_platform_say_copy', PHP_INT_MIN);
