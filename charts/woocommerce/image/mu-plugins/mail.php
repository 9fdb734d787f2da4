<?php
// Mail goes to the server that the environment names, and nowhere if it names none.

/** How long one answer of the mail server is waited for, in seconds: a shopper may wait too. */
const STORE_PLATFORM_MAIL_TIMEOUT = 5;

/** Whether the mail server failed this request: the others of its messages do not wait for it again. */
$GLOBALS['store_platform_mail_is_away'] = false;

add_filter('pre_wp_mail', function ($sent) {
    $is_tried = getenv('SMTP_HOST') && !$GLOBALS['store_platform_mail_is_away'];
    return $is_tried ? $sent : false;
});

add_action('phpmailer_init', function (PHPMailer\PHPMailer\PHPMailer $mail): void {
    $security = getenv('SMTP_SECURITY');
    $mail->isSMTP();
    $mail->Host = getenv('SMTP_HOST');
    $mail->Port = (int) getenv('SMTP_PORT');
    $mail->SMTPSecure = ['tls' => $mail::ENCRYPTION_SMTPS, 'starttls' => $mail::ENCRYPTION_STARTTLS][$security] ?? '';
    $mail->SMTPAutoTLS = false; // as it was asked for, and never less
    $mail->Username = (string) getenv('SMTP_USERNAME');
    $mail->Password = (string) getenv('SMTP_PASSWORD');
    $mail->SMTPAuth = $mail->Username !== '';
    $mail->Timeout = STORE_PLATFORM_MAIL_TIMEOUT; // to connect
    $mail->getSMTPInstance()->Timelimit = STORE_PLATFORM_MAIL_TIMEOUT; // for each answer
});

add_action('wp_mail_failed', function (WP_Error $error): void {
    global $phpmailer;
    $GLOBALS['store_platform_mail_is_away'] = !$phpmailer->getSMTPInstance()->connected();
    error_log('A message was not sent: ' . $error->get_error_message()); // to the log of the pod
});

// The sender: the platform's address for this shop, under the shop's title, wherever WordPress or
// WooCommerce has the one that they begin with.
add_filter('wp_mail_from', function ($address) {
    $from = getenv('SMTP_FROM');
    return $from && str_starts_with($address, 'wordpress@') ? $from : $address;
}, 1);
add_filter('wp_mail_from_name', function ($name) {
    return $name === 'WordPress' ? wp_specialchars_decode(get_option('blogname'), ENT_QUOTES) : $name;
}, 1);
add_filter('option_woocommerce_email_from_address', function ($address) {
    $from = getenv('SMTP_FROM');
    return $from && in_array($address, ['', get_option('admin_email')], true) ? $from : $address;
});
