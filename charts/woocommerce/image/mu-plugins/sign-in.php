<?php
// Signs the shop's administrator in by a link of the platform: once for each, and only for a minute. A link has its
// token after the #, which browsers send to nobody; a small page takes it out of the address, and posts it here.

const STORE_PLATFORM_LINK_FORM = '/^(\d{10})\.([0-9a-f]{32})\.([0-9a-f]{64})$/D';
const STORE_PLATFORM_LINK_SECONDS = 120; // that one may be valid for: the platform's are for 60, by a clock of its own
const STORE_PLATFORM_LINK_USED = 'store_platform_link_';
const STORE_PLATFORM_LINK_SCRIPT = '
const token = location.hash.slice(1)
history.replaceState(null, "", location.pathname + location.search)
if (token) {
  document.forms[0].token.value = token
  document.forms[0].submit()
} else {
  document.querySelector("p").textContent = "This link is not complete. Make another one."
}
';

/** Returns the expiry and the nonce of a token that is valid now, or null. */
function store_platform_link_read(mixed $token, string $secret, int $now): ?array
{
    if (!is_string($token) || $secret === '' || !preg_match(STORE_PLATFORM_LINK_FORM, $token, $parts)) {
        return null;
    }
    [, $expires, $nonce, $mac] = $parts;
    $key = hash_hmac('sha256', 'store-platform sign-in link', $secret, true);
    $is_ours = hash_equals(hash_hmac('sha256', "$expires.$nonce", $key), $mac);
    $is_valid = (int) $expires > $now && (int) $expires <= $now + STORE_PLATFORM_LINK_SECONDS;
    return $is_ours && $is_valid ? [(int) $expires, $nonce] : null;
}

/** Notes that a link is used; returns whether it is the first time. By one statement, so that only one request is. */
function store_platform_link_use(int $expires, string $nonce, int $now): bool
{
    global $wpdb;
    $wpdb->query($wpdb->prepare(
        "DELETE FROM {$wpdb->options} WHERE option_name LIKE %s AND CAST(option_value AS UNSIGNED) < %d",
        $wpdb->esc_like(STORE_PLATFORM_LINK_USED) . '%',
        $now - 3600
    ));
    return 1 === $wpdb->query($wpdb->prepare(
        "INSERT IGNORE INTO {$wpdb->options} (option_name, option_value, autoload) VALUES (%s, %s, 'off')",
        STORE_PLATFORM_LINK_USED . $nonce,
        (string) $expires
    ));
}

function store_platform_link_page(int $status, string $body): never
{
    $digest = base64_encode(hash('sha256', STORE_PLATFORM_LINK_SCRIPT, true));
    status_header($status);
    nocache_headers();
    header('Cache-Control: no-store');
    header('Content-Type: text/html; charset=utf-8');
    header("Content-Security-Policy: default-src 'none'; script-src 'sha256-$digest'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    header('Referrer-Policy: no-referrer');
    header('X-Content-Type-Options: nosniff');
    header('X-Robots-Tag: noindex, nofollow');
    echo '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signing in</title></head>', "<body>$body</body></html>";
    exit;
}

function store_platform_sign_in(): void
{
    if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'POST') {
        store_platform_link_page(200, '<p>Signing in …</p><noscript>To sign in by a link, switch on JavaScript.</noscript>'
            . '<form method="post"><input type="hidden" name="token"></form><script>' . STORE_PLATFORM_LINK_SCRIPT . '</script>');
    }
    $now = time();
    $token = store_platform_link_read($_POST['token'] ?? null, (string) getenv('WORDPRESS_DB_PASSWORD'), $now);
    $admin = $token !== null && store_platform_link_use($token[0], $token[1], $now) ? get_user_by('login', 'admin') : false;
    if (!$admin) {
        // The same for whatever is wrong with it, which is nobody's business.
        store_platform_link_page(403, '<p>This link is not valid any more. Make another one, and open it within a minute.</p>');
    }
    nocache_headers();
    header('Cache-Control: no-store');
    header('Referrer-Policy: no-referrer');
    wp_set_auth_cookie($admin->ID, false);
    do_action('wp_login', $admin->user_login, $admin); // plug-ins that ask for a second factor do so then
    wp_safe_redirect(admin_url(), 303);
    exit;
}
// Of wp-login.php?action=store-platform, which WordPress takes for a page of its own since there is an action.
add_action('login_form_store-platform', 'store_platform_sign_in');
