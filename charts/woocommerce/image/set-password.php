<?php
// Gives the shop's administrator another password, and ends all of their sessions. set-password runs it with
// WP-CLI. The job may be killed anywhere, and is run again: to do it twice is as good as once.

$password = (string) getenv('NEXT_PASSWORD');
if ($password === '') {
    WP_CLI::error('There is no new password to set.');
}
$admin = get_user_by('login', 'admin');
if (!$admin) { // the merchant has removed it, and wants to get in again
    $made = wp_insert_user(['user_login' => 'admin', 'user_pass' => $password, 'role' => 'administrator']);
    if (is_wp_error($made)) {
        WP_CLI::error('The administrator "admin" is not there, and could not be made: ' . $made->get_error_message());
    }
    $admin = get_user_by('id', $made);
}
wp_set_password($password, $admin->ID);
WP_Session_Tokens::get_instance($admin->ID)->destroy_all();
WP_CLI::log('The administrator "admin" has the new password.');
