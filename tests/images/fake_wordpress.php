<?php
// Plays WordPress, WooCommerce and WP-CLI, as far as the shop's own PHP uses them. What is changed is kept
// in the file that STATE names; KILL_AT ends the run just before the so manieth change.

const OBJECT = 'OBJECT';
define('WP_HOME', getenv('SHOP_URL'));
define('WP_CONTENT_DIR', getenv('CONTENT_PATH'));

final class State
{
    private static int $changes = 0;

    public static function read(): array
    {
        return json_decode(file_get_contents(getenv('STATE')), true);
    }

    public static function change(string $kind, string $name, mixed $value): void
    {
        if (++self::$changes === (int) getenv('KILL_AT')) {
            exit(137);
        }
        $state = self::read();
        $state[$kind][$name] = $value;
        if ($value === null) {
            unset($state[$kind][$name]);
        }
        file_put_contents(getenv('STATE'), json_encode($state));
    }
}

function get_option(string $name, mixed $else = false): mixed
{
    $given = apply_filters("pre_option_$name", false);
    return $given !== false ? $given : apply_filters("option_$name", State::read()['options'][$name] ?? $else);
}
function update_option(string $name, mixed $value): void
{
    State::change('options', $name, $value);
}
function add_option(string $name, mixed $value): void
{
    if (get_option($name) === false) {
        update_option($name, $value);
    }
}
function delete_option(string $name): void
{
    State::change('options', $name, null);
}
function set_transient(string $name, mixed $value): void
{
    State::change('transients', $name, $value);
}
function delete_transient(string $name): void
{
    State::change('transients', $name, null);
}

final class WP_User
{
    public int $ID = 1;
    public string $user_login = 'admin';
    public string $user_pass;

    public function set_role(string $role): void
    {
        State::change('users', 'role', $role);
    }
}
function get_user_by(string $field, string|int $value): WP_User|false
{
    if (!isset(State::read()['users']['password'])) {
        return false;
    }
    $user = new WP_User();
    $user->user_pass = State::read()['users']['password'];
    return $user;
}
function wp_check_password(string $password, string $hash, int $id): bool
{
    return $password === $hash;
}
function wp_set_password(string $password, int $id): void
{
    State::change('users', 'password', $password);
}
function wp_insert_user(array $user): int|No_User
{
    if (State::read()['users']['refused'] ?? false) {
        return new No_User();
    }
    State::change('users', 'role', $user['role']);
    State::change('users', 'password', $user['user_pass']);
    return 1;
}
final class No_User // which is a WP_Error there
{
    public function get_error_message(): string
    {
        return 'No more users.';
    }
}
function is_wp_error(mixed $value): bool
{
    return $value instanceof No_User;
}
final class WP_Session_Tokens
{
    public static function get_instance(int $id): self
    {
        return new self();
    }
    public function destroy_all(): void
    {
        State::change('users', 'sessions', null);
    }
}
function wp_set_current_user(int $id): void
{
}

function get_page_by_path(string $name, string $output, string $type): ?object
{
    $found = State::read()['posts'][$name] ?? null;
    return $found && $found['type'] === $type ? (object) ['ID' => $name] : null;
}
function wp_delete_post(string $id, bool $is_forced): void
{
    State::change('posts', $id, null);
}

if (State::read()['options']['is_active'] ?? false) {
    final class WooCommerce
    {
    }
}
function wc_get_page_id(string $page): string
{
    return $page;
}
final class WC_Product_Simple
{
    private array $values = [];

    public function __construct(private string|int $id)
    {
    }
    public function __call(string $setter, array $values): void
    {
        $this->values[substr($setter, 4)] = $values[0];
    }
    public function save(): void
    {
        $id = $this->id ?: $this->values['slug'] . (isset(State::read()['posts'][$this->values['slug']]) ? '-2' : '');
        State::change('posts', $id, ['type' => 'product']);
        State::change('posts', $id, ['type' => 'product'] + $this->values); // it comes after its post
    }
}
final class WC_Install
{
    public static function install(): void
    {
        if (isset(State::read()['transients']['wc_installing'])) {
            return;
        }
        set_transient('wc_installing', 'yes');
        add_option('woocommerce_newly_installed', 'yes');
        set_transient('_wc_activation_redirect', 1);
        update_option('woocommerce_version', '10.7.0');
        update_option('woocommerce_db_version', '10.7.0');
        delete_transient('wc_installing');
    }
    public static function newly_installed(): void
    {
        if (get_option('woocommerce_newly_installed') === 'yes') {
            update_option('woocommerce_custom_orders_table_enabled', 'yes');
            add_option('woocommerce_coming_soon', 'yes');
            update_option('woocommerce_newly_installed', 'no');
        }
    }
    public static function create_pages(): void
    {
        foreach (['shop', 'cart', 'checkout'] as $page) {
            State::change('posts', $page, ['type' => 'page']);
        }
    }
}

final class WP_CLI
{
    public static function log(string $message): void
    {
        echo "$message\n";
    }
    public static function error(string $message): never
    {
        fwrite(STDERR, "Error: $message\n");
        exit(1);
    }
    public static function runcommand(string $command, array $options): void
    {
        echo "$command\n";
        if ($command === 'plugin activate woocommerce') {
            WC_Install::install();
            update_option('is_active', true);
        }
        if ($command === 'wc update' && !get_option('woocommerce_db_version')) {
            exit(255); // it then takes the database for one of the first version
        }
    }
}
$wp_rewrite = new class {
    public function set_permalink_structure(string $structure): void
    {
        update_option('permalink_structure', $structure);
    }
};

// Hooks: what has the lower priority comes first.
$hooks = [];
function add_filter(string $name, callable $do, int $priority = 10): void
{
    $GLOBALS['hooks'][$name][$priority][] = $do;
    ksort($GLOBALS['hooks'][$name]);
}
function add_action(string $name, callable $do, int $priority = 10): void
{
    add_filter($name, $do, $priority);
}
function apply_filters(string $name, mixed $value = null, mixed ...$more): mixed
{
    foreach (array_merge(...$GLOBALS['hooks'][$name] ?? []) as $do) {
        $value = $do($value, ...$more);
    }
    return $value;
}
function do_action(string $name, mixed ...$values): void
{
    apply_filters($name, ...$values);
}
function esc_html(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}
function wp_specialchars_decode(string $text): string
{
    return htmlspecialchars_decode($text, ENT_QUOTES);
}

function rest_ensure_response(mixed $answer): mixed
{
    return $answer;
}

// Requests: one is answered with what stands in ANSWERS for its URL, and kept.
$requests = [];
function wp_remote_request(string $url, array $request): array
{
    $answer = apply_filters('pre_http_request', false, $request, $url);
    if ($answer !== false) {
        return $answer;
    }
    $GLOBALS['requests'][] = [$url, $request];
    return ['headers' => ['location' => (json_decode(getenv('ANSWERS'), true)[$url] ?? '')]];
}
function wp_remote_retrieve_header(array $answer, string $name): string
{
    return $answer['headers'][$name] ?? '';
}
final class WP_Http
{
    public static function processHeaders(string $lines): array
    {
        preg_match_all('/^(\S+): (.*?)\r?$/m', $lines, $found);
        return ['headers' => array_combine(array_map('strtolower', $found[1]), $found[2])];
    }
    public static function make_absolute_url(string $target, string $url): string
    {
        return preg_match('~^https?://~', $target) ? $target : WP_HOME . $target;
    }
}
