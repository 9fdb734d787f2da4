<?php
// What the shop asks at its own address goes to its web server directly. The address leads to an
// ingress, which a shop cannot reach, and which may be known outside of the cluster only.

/** Return what follows the shop's own address in a URL, by HTTP or HTTPS; null of any other URL. */
function store_platform_own_path(string $url): ?string
{
    $host = preg_quote(preg_replace('~^https?://~', '', WP_HOME), '~');
    return preg_match("~^https?://{$host}(?:/|(?=[?#]|\$))(.*)\$~is", $url, $found) ? $found[1] : null;
}

add_filter('pre_http_request', function ($answer, array $request, string $url) {
    $server = getenv('SHOP_SERVER');
    $path = store_platform_own_path($url);
    if ($answer !== false || !$server || $path === null) {
        return $answer;
    }
    [$scheme, $host] = explode('://', WP_HOME, 2);
    $headers = $request['headers'] ?? [];
    $headers = is_array($headers) ? $headers : WP_Http::processHeaders($headers)['headers'];
    $direct = [
        'headers' => ['Host' => $host, 'X-Forwarded-Proto' => $scheme] + $headers,
        'redirection' => 0,
        'reject_unsafe_urls' => false, // or WordPress refuses an address of the cluster
    ];
    $answer = wp_remote_request("http://$server/$path", $direct + $request);
    $redirects = (int) ($request['redirection'] ?? 0);
    $target = wp_remote_retrieve_header($answer, 'location');
    if (!is_string($target) || $target === '' || $redirects < 1) {
        return $answer;
    }
    $next = ['redirection' => $redirects - 1, 'method' => 'GET', 'body' => null];
    return wp_remote_request(WP_Http::make_absolute_url($target, $url), $next + $request);
}, 10, 3);
