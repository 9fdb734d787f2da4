<?php
// WordPress looks for must-use plug-ins in the image only. Those that other plug-ins put on the volume,
// where they are elsewhere, are as good.

foreach (glob(WP_CONTENT_DIR . '/mu-plugins/*.php') ?: [] as $of_the_volume) {
    include_once $of_the_volume;
}
unset($of_the_volume);
