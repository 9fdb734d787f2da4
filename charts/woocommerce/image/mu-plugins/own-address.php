<?php
// What the shop asks at its own address goes to its web server directly. The address leads to an
// ingress, which a shop cannot reach, and which may be known outside of the cluster only.

add_filter('pre_http_request', function ($answer, array $request, string $url) {
    $server = getenv('SHOP_SERVER');
    $path = substr($url, strlen(WP_HOME));
    if ($answer !== false || !$server || !str_starts_with($url, WP_HOME) || !preg_match('~^([/?#]|$)~', $path)) {
        return $answer;
    }
    $headers = $request['headers'] ?? [];
    $headers = is_array($headers) ? $headers : WP_Http::processHeaders($headers)['headers'];
    $host = preg_replace('~^https?://~', '', WP_HOME);
    $headers = ['Host' => $host, 'X-Forwarded-Proto' => parse_url(WP_HOME, PHP_URL_SCHEME)] + $headers;
    $redirects = (int) ($request['redirection'] ?? 0);
    $direct = ['headers' => $headers, 'redirection' => 0, 'reject_unsafe_urls' => false] + $request;
    $answer = wp_remote_request("http://$server/" . ltrim($path, '/'), $direct);
    $target = wp_remote_retrieve_header($answer, 'location');
    if (!is_string($target) || $target === '' || $redirects < 1) {
        return $answer;
    }
    $next = ['redirection' => $redirects - 1, 'method' => 'GET', 'body' => null] + $request;
    return wp_remote_request(WP_Http::make_absolute_url($target, $url), $next);
}, 10, 3);
